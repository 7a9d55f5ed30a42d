#!/usr/bin/env bash
# ACL DRYRUN answers a refusal by a bulk string, as it does +OK by a simple one, not by an error (-NOPERM): a client that
# waits for an error takes every refusal for a permission. And the sentence depends on the version: Redis 7.0.15 says
# `This user has no permissions ...`, 7.2 and Valkey `User NAME has no permissions ...` (acl.c), so one that looks for the
# name takes every refusal of 7.0 for a permission.
#
# Needs redis-server of 7.0 or valkey-server (or its path in SERVER).
#
# Seen: the first line on Redis 7.0.15, the second one on Valkey 9.1.2
#   This user has no permissions to run the 'flushall' command
#   User till has no permissions to run the 'flushall' command
set -euo pipefail
server=${SERVER:-$(command -v redis-server || command -v valkey-server)}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; wait; rm -rf "$folder"' EXIT
"$server" --port 26393 --save '' --dir "$folder" > "$folder/server.log" &
for _ in $(seq 100); do
  exec 3<> /dev/tcp/127.0.0.1/26393 && break || sleep 0.1
done 2> /dev/null
printf 'ACL SETUSER till on nopass +get ~a:*\r\nACL DRYRUN till FLUSHALL\r\n' >&3
for _ in 1 2 3; do read -r -t 5 line <&3; echo "${line%$'\r'}"; done > "$folder/seen"
sed -n 3p "$folder/seen"
sed -n 2p "$folder/seen" | grep -q '^\$' # a bulk string, no error
sed -n 3p "$folder/seen" | grep -Eq "^(This user|User till) has no permissions to run the 'flushall' command$"
echo "as described: $("$server" --version)"
