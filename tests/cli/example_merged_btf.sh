#!/usr/bin/env bash
# examples/merged-btf.sh finds modules by the names that lsmod shows, and merges them.
set -eu
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kernel=$DATA/vmlinux-6.12.115.btf.xz
"$root/examples/merged-btf.sh" "$kernel" "$DATA/modules" "$work/merged.btf" snd_aloop tun >"$work/out"
grep -qE "^$work/merged.btf: 11[0-9]{4} types; as a header: " "$work/out"
"$BTFX" dump "$work/merged.btf" kind struct name tun_struct name loopback | grep -c '^\[' | grep -qx 2
status=0
"$root/examples/merged-btf.sh" "$kernel" "$DATA/modules" "$work/none.btf" no_such 2>/dev/null || status=$?
((status == 1))
