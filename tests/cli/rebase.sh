#!/usr/bin/env bash
# A standalone BTF becomes split BTF with the same types; split BTF is refused.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kernel=$DATA/vmlinux-6.12.117.btf.xz
demo=$DATA/out-of-tree/demo-split.ko

"$BTFX" merge -B "$kernel" "$demo" --minimal -o "$work/minimal.btf"
"$BTFX" rebase -q "$work/minimal.btf" -B "$kernel" -o "$work/split.btf"
without_ids() { sed -E 's/^\[[0-9]+\]//; s/type_id=[0-9]+//g'; }
cmp <("$BTFX" dump "$work/split.btf" -B "$kernel" | without_ids) <("$BTFX" dump "$work/minimal.btf" | without_ids)
"$BTFX" dump "$work/split.btf" -B "$kernel" | head -n 1 | grep -q '^\[112769\] '

status=0
"$BTFX" rebase "$demo" -B "$kernel" -o "$work/no.btf" 2>"$work/err" || status=$?
((status == 2))
grep -q 'is split BTF, not standalone' "$work/err"
[[ ! -e $work/no.btf ]]
