#!/usr/bin/env bash
# A directory that is looked through for kernels and cannot be read is told of; the others are listed nevertheless.
# label: slow
. "$(dirname "$0")/lib.sh"
cp "$DATA/out-of-tree/demo-distilled.ko" .
# More directories below one another than can be open at once.
mkdir -p "tree$(printf '/d%.0s' {1..60})"
limited() { (ulimit -n 24 && btfx "$@"); }
expect 2 limited list tree demo-distilled.ko
same 'btfx: error: tree: cannot read the directory: Too many open files' "$(<err)"
same 'distilled demo-distilled.ko' "$(awk 'NR == 2 { print $7, $13 }' out)"
same 2 "$(wc -l <out)"
