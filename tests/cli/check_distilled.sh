#!/usr/bin/env bash
# An out-of-tree module fits the kernel it was built for; distilled, it fits the one before, too.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
"$BTFX" check "$DATA"/out-of-tree/*.ko -B "$DATA/vmlinux-6.12.117.btf.xz" | grep -c '^ok ' | grep -qx 3
"$BTFX" check "$DATA"/out-of-tree/demo-distilled*.ko -B "$DATA/vmlinux-6.12.115.btf.xz" | grep -c '^ok ' | grep -qx 2
status=0
"$BTFX" check "$DATA/out-of-tree/demo-split.ko" -B "$DATA/vmlinux-6.12.115.btf.xz" \
  --from "$DATA/vmlinux-6.12.117.btf.xz" -v >"$work/split.txt" || status=$?
[[ $status == 1 ]]
grep -q 'note: it fits .*; distilled, it would relocate \[origin\]' "$work/split.txt"
grep -q 'note: type [0-9]*: here the base parts from ' "$work/split.txt"
