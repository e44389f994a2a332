#!/usr/bin/env bash
# label: slow
# The committed manual pages and completions are those that the definitions of the commands give now.
. "$(dirname "$0")/lib.sh"
"$build/btfx-docs" "$work"
for directory in man completions; do
  diff -r -u "$root/$directory" "$directory" >changes || fail "stale: run 'ninja docs'" "$(<changes)"
done
