#!/usr/bin/env bash
# The committed manual pages and completions are those that the definitions of the commands give now.
set -eu
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
"$(dirname "$BTFX")/btfx-docs" "$work"
for directory in man completions; do
  diff -r -u "$root/$directory" "$work/$directory" || { echo "stale: run 'ninja docs'" >&2; exit 1; }
done
