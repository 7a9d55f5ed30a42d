#!/usr/bin/env bash
# redis_exporter 1.88.0 (oliver006/redis_exporter cd5941f) takes the `_sum` of redis_commands_latencies_usec out of INFO
# with a pattern whose names have no `_` and no `-` (exporter/latency.go, extractUsecRegexp). Of bitfield_ro, eval_ro,
# georadius_ro, client|no-evict and their like the sum is 0 while the count grows: their mean time is shown as nothing.
# The same exporter's redis_latency_percentiles_usec_sum has it. It also calls what Valkey 9 and Redis 7.4 put in fourth
# place of a database in INFO, keys with fields that expire, redis_db_keys_cached: that place was KeyDB's.
#
# Needs redis_exporter (or its path in REDIS_EXPORTER) and valkey-server or redis-server (or its path in SERVER).
#
# Seen:
#   redis_commands_latencies_usec_count{cmd="bitfield_ro"} 1000
#   redis_commands_latencies_usec_sum{cmd="bitfield_ro"} 0
#   redis_latency_percentiles_usec_sum{cmd="bitfield_ro"} is more than 0
set -euo pipefail
exporter=${REDIS_EXPORTER:-redis_exporter}
server=${SERVER:-$(command -v valkey-server || command -v redis-server)}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$folder"' EXIT
"$server" --port 26391 --save '' --dir "$folder" > "$folder/server.log" &
"$exporter" -redis.addr redis://127.0.0.1:26391 -web.listen-address 127.0.0.1:26392 2> "$folder/exporter.log" &
for _ in $(seq 100); do
  exec 3<> /dev/tcp/127.0.0.1/26391 && break || sleep 0.1
done 2> /dev/null
for _ in $(seq 1000); do printf 'BITFIELD_RO k GET u8 0 GET u8 8 GET u8 16 GET u8 24\r\n'; done >&3
for _ in $(seq 1000); do read -r -t 5 first <&3; for _ in 1 2 3 4; do read -r -t 5 _ <&3; done; done
for _ in $(seq 100); do
  curl -sf http://127.0.0.1:26392/metrics > "$folder/metrics" && break || sleep 0.1
done
grep 'cmd="bitfield_ro"' "$folder/metrics" | grep -E 'latencies_usec_(sum|count)|percentiles_usec_sum' | tee "$folder/seen"
grep -q '^redis_commands_latencies_usec_count{cmd="bitfield_ro"} 1000$' "$folder/seen"
grep -q '^redis_commands_latencies_usec_sum{cmd="bitfield_ro"} 0$' "$folder/seen"
! grep -q '^redis_latency_percentiles_usec_sum{cmd="bitfield_ro"} 0$' "$folder/seen"
echo "as described: redis_exporter 1.88.0"
