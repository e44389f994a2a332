#!/usr/bin/env bash
# A directory that is looked through for kernels and cannot be read is told of; the others are listed nevertheless.
# label: slow
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$DATA/out-of-tree/demo-distilled.ko" .
# More directories below one another than can be open at once.
mkdir -p "tree$(printf '/d%.0s' {1..60})"
status=0
(ulimit -n 24 && "$BTFX" list tree demo-distilled.ko >out 2>err) || status=$?
[[ $status == 2 ]]
[[ $(cat err) == 'btfx: error: tree: cannot read the directory: Too many open files' ]] || { cat err; exit 1; }
[[ $(awk 'NR == 2 { print $7, $13 }' out) == 'distilled demo-distilled.ko' && $(wc -l <out) == 2 ]]
