#!/usr/bin/env bash
# squawk-cli 2.70.0 (PyPI): the path of a file that exists is taken for a glob pattern all the same, so that an SQL file
# in a folder such as `shop[v1]` is not linted. The shell has nothing to do with it: the path is quoted, one argument.
#
# Seen:
#   $ squawk 'shop[v1]/1_a.up.sql'           # the file is there
#   Failed to find files for provided patterns: ["shop[v1]/1_a.up.sql"]      on standard error, exit 1, nothing found
#   $ squawk 'shop[[]v1[]]/1_a.up.sql'       # the same path, escaped as for glob
#   ... warning[ban-drop-table] ...          exit 1, as with every finding
# Exit 1 is also what findings give, so that a pipeline which looks at the code alone takes one for the other; one that
# reads `--reporter json` gets no JSON at all. And worse, where a sibling folder matches the pattern that the name makes
# (`shopv`), the sibling's file is linted in place of the one that was named.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check squawk-cli==2.70.0
mkdir 'shop[v1]'
echo 'DROP TABLE t;' > 'shop[v1]/1_a.up.sql'
lint() { venv/bin/squawk --reporter gcc "$@" 2>&1 || true; }
changed() { echo "changed: $1" >&2; exit 1; }
lint 'shop[v1]/1_a.up.sql' | grep -q 'Failed to find files' || changed "a path with brackets is found"
lint 'shop[[]v1[]]/1_a.up.sql' | grep -q 'ban-drop-table' || changed "an escaped path is not found"
mkdir shopv
echo 'DROP INDEX i;' > shopv/1_a.up.sql
lint 'shop[v1]/1_a.up.sql' | grep -q '^shopv/1_a.up.sql:.*require-concurrent-index-deletion' || changed "the sibling is left alone"
echo "as described: squawk-cli 2.70.0"
