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

# Its strings begin like a root's, but it continues a base.
[[ $("$BTFX" list "$work/minimal.btf" | awk 'NR == 2 { print $7 }') == standalone ]]
[[ $("$BTFX" list "$work/split.btf" | awk 'NR == 2 { print $7 }') == split ]]
status=0
"$BTFX" dump "$work/split.btf" 2>"$work/err" || status=$?
((status == 2))
[[ $(cat "$work/err") == "btfx: error: $work/split.btf: is split BTF, and its base was not found: name it with -B" ]]
status=0
"$BTFX" rebase "$work/split.btf" -B "$kernel" -o "$work/no.btf" 2>"$work/err" || status=$?
((status == 2))
[[ $(cat "$work/err") == "btfx: error: $work/split.btf: is split BTF, not standalone" ]]

# Into a module: what stands beside the BTF is not renumbered, and that is said.
xz -dc "$DATA/modules/nf_nat.ko.xz" >"$work/nat.ko"
"$BTFX" rebase -q "$work/minimal.btf" -B "$kernel" --into "$work/nat.ko" --strip-signature
"$BTFX" extract "$work/nat.ko" | cmp - "$work/split.btf"
"$BTFX" rebase "$work/minimal.btf" -B "$kernel" --sort --into "$work/nat.ko" 2>"$work/err"
[[ $(head -n 1 "$work/err") == "btfx: warning: $work/nat.ko: .BTF_ids: still has the numbers of the BTF that was there" ]]

status=0
"$BTFX" rebase "$demo" -B "$kernel" -o "$work/no.btf" 2>"$work/err" || status=$?
((status == 2))
grep -q 'is split BTF, not standalone' "$work/err"
[[ ! -e $work/no.btf ]]
