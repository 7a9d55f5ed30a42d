#!/usr/bin/env bash
# pulumi 3.260.0: a mapping in a stack's file reaches the program with its keys sorted, whatever their order in the file: it
# is handed over as JSON, and Go's encoding/json writes the keys of a map in order (its documentation, Marshal).
#
# Seen:
#   config: {p:caches: {main: {}, jobs: {}}}
#   pulumi config --json: "value": "{\"jobs\":{},\"main\":{}}"
# What reads the file itself and goes by its order (a list of servers, a dashboard) foretells changes that are none.
set -euo pipefail
command -v pulumi > /dev/null || { echo "needs pulumi on PATH" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir backend
export PULUMI_BACKEND_URL="file://$folder/backend" PULUMI_HOME="$folder/home" PULUMI_CONFIG_PASSPHRASE=x
export PULUMI_SKIP_UPDATE_CHECK=true
printf 'name: p\nruntime: yaml\n' > Pulumi.yaml
printf 'config:\n  p:caches: {main: {}, jobs: {}}\n' > Pulumi.live.yaml
pulumi stack init live > /dev/null 2>&1
pulumi config --json | grep -qF '"value": "{\"jobs\":{},\"main\":{}}"' || { echo "changed: the file's order stays" >&2; exit 1; }
echo "as described: $(pulumi version)"
