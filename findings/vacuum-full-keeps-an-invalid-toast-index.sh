#!/usr/bin/env bash
# A REINDEX TABLE CONCURRENTLY that is stopped leaves an invalid index on the table's TOAST as well. PostgreSQL 15 to 18
# offer the table's owner no way to remove it: the schema pg_toast is shut to all but superusers, so DROP INDEX cannot
# name it; REINDEX TABLE, concurrently or not, passes over it with a warning whose hint is that very DROP INDEX; and
# VACUUM FULL, which writes TOAST and its index anew, keeps it. On a managed server nobody is a superuser.
#
# Seen (15.20, 16.14, 17, 18.4):
#   owner: DROP INDEX CONCURRENTLY pg_toast....: permission denied for schema pg_toast
#   after REINDEX TABLE and VACUUM FULL: 1 invalid index; after DROP INDEX by a superuser: 0
#
# PGHOST, PGPORT and PGUSER name a superuser of a server to try it on; it makes a database and drops it again.
set -euo pipefail
database=toast_left_over
psql -X -q -d postgres -c "CREATE DATABASE $database"
folder=$(mktemp -d)
trap 'psql -X -q -d postgres -c "DROP DATABASE $database" -c "DROP ROLE toast_owner"; rm -rf "$folder"' EXIT
export PGDATABASE=$database PGOPTIONS='-c client_min_messages=error'
psql -X -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE toast_owner;
CREATE SCHEMA app AUTHORIZATION toast_owner;
CREATE TABLE app.t (body text);
ALTER TABLE app.t OWNER TO toast_owner;
SQL
psql -X -q -c 'BEGIN' -c 'LOCK TABLE app.t IN ROW EXCLUSIVE MODE' -c 'SELECT pg_sleep(3)' > "$folder/blocker" &
sleep 1
psql -X -q -c "SET lock_timeout = '200ms'" -c 'REINDEX TABLE CONCURRENTLY app.t' > "$folder/reindex" 2>&1 || true
wait
invalid="SELECT count(*) FROM pg_index WHERE NOT indisvalid"
name=$(psql -X -At -c "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
{
  echo "left over: $(psql -X -At -c "$invalid")"
  psql -X -q -c 'SET ROLE toast_owner' -c "DROP INDEX CONCURRENTLY $name" 2>&1 | sed 's/^ERROR:  //' || true
  psql -X -q -c 'SET ROLE toast_owner' -c 'REINDEX TABLE app.t' -c 'VACUUM (FULL) app.t'
  echo "after REINDEX TABLE and VACUUM FULL: $(psql -X -At -c "$invalid")"
  psql -X -q -c "DROP INDEX CONCURRENTLY $name"
  echo "after DROP INDEX by a superuser: $(psql -X -At -c "$invalid")"
} | tee "$folder/seen"
printf '%s\n' 'left over: 1' 'permission denied for schema pg_toast' 'after REINDEX TABLE and VACUUM FULL: 1' \
  'after DROP INDEX by a superuser: 0' > "$folder/expected"
diff "$folder/expected" "$folder/seen" || { echo "changed: the owner has a way" >&2; exit 1; }
echo "as described"
