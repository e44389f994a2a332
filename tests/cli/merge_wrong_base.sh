#!/usr/bin/env bash
# A module of another kernel is left out with the evidence, and the exit status is 2; with nothing left, nothing is
# written.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kernel=$DATA/vmlinux-6.12.117.btf.xz

status=0
"$BTFX" merge -B "$kernel" "$DATA/modules/tun.ko.xz" -o "$work/merged.btf" 2>"$work/err" || status=$?
((status == 2))
[[ ! -e $work/merged.btf ]]
grep -qE 'tun\.ko\.xz: .*(does not belong to this base|may have been built against another base)' "$work/err"
grep -q 'error: nothing could be merged, so nothing is written' "$work/err"

status=0
"$BTFX" merge -B "$kernel" "$DATA/modules/tun.ko.xz" "$DATA/out-of-tree/demo-split.ko" -o "$work/merged.btf" 2>"$work/err" || status=$?
((status == 2))
"$BTFX" dump "$work/merged.btf" | grep -q "'demo_"
