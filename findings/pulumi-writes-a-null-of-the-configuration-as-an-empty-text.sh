#!/usr/bin/env bash
# pulumi 3.260.0: a key whose value is null in a stack's file reaches the program as an empty text, and the file itself is
# written anew with `""` by the first command that keeps something in it (`pulumi stack init` with a passphrase, which adds
# its salt). Below the top level null stays null. sdk/go/common/resource/config/plaintext.go has no null for a whole value:
# `NewPlaintext(nil)` is an empty Plaintext, whose text is empty.
#
# Seen:
#   config: {p:off: null, p:on: {inside: null}}   before `pulumi stack init`
#   p:off: ""                                     after it; p:on: {inside: null} is as it was
#   pulumi.runtime.config in the program: {'p:off': '', 'p:on': '{"inside":null}'}
# A program that tells "switched off" from "not said" by null therefore sees neither.
set -euo pipefail
command -v pulumi > /dev/null || { echo "needs pulumi on PATH" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir backend
export PULUMI_BACKEND_URL="file://$folder/backend" PULUMI_HOME="$folder/home" PULUMI_CONFIG_PASSPHRASE=x
export PULUMI_SKIP_UPDATE_CHECK=true
printf 'name: p\nruntime: yaml\n' > Pulumi.yaml
printf 'config:\n  p:off: null\n  p:on: {inside: null}\n' > Pulumi.live.yaml
pulumi stack init live > /dev/null 2>&1
changed() { echo "changed: $1" >&2; exit 1; }
grep -qx '  p:off: ""' Pulumi.live.yaml || changed "the null stays in the file"
grep -qx '  p:on: {inside: null}' Pulumi.live.yaml || changed "a null inside does not stay"
pulumi config --json | grep -A1 '"p:off"' | grep -q '"value": ""' || changed "the value is not an empty text"
echo "as described: $(pulumi version)"
