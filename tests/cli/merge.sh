#!/usr/bin/env bash
# label: threads
# Modules are merged onto a packed kernel: each of their types is there, once, in either byte order, whatever --jobs.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kernel=$DATA/vmlinux-6.12.115.btf.xz
modules=("$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz" "$DATA/modules/nf_nat.ko.xz")

"$BTFX" merge -B "$kernel" "${modules[@]}" "${modules[0]}" -o "$work/merged.btf" --jobs 1
"$BTFX" --jobs 2 merge -B "$kernel" "${modules[@]}" -o "$work/again.btf"
cmp "$work/merged.btf" "$work/again.btf"  # the module given twice is there once

"$BTFX" dump "$work/merged.btf" >"$work/merged.txt"
"$BTFX" dump "$kernel" | cmp -n "$("$BTFX" dump "$kernel" | wc -c)" - "$work/merged.txt"  # the base comes first
"$BTFX" dump -B "$kernel" "${modules[0]}" | grep "'tun_struct'" | cut -d' ' -f2- >"$work/struct"
grep -qF "$(cat "$work/struct")" "$work/merged.txt"
"$BTFX" dump -B "$kernel" file "${modules[0]}" file "${modules[1]}" file "${modules[2]}" |
  cmp - <(tail -n "$("$BTFX" dump -B "$kernel" file "${modules[0]}" file "${modules[1]}" file "${modules[2]}" | wc -l)" "$work/merged.txt")

"$BTFX" merge -B "$kernel" "${modules[@]}" --byte-order big -o - >"$work/big.btf"
[[ $(head -c 2 "$work/big.btf" | od -An -tx1) == " eb 9f" ]]
"$BTFX" dump "$work/big.btf" | cmp - "$work/merged.txt"

[[ $("$BTFX" -j merge -B "$kernel" "${modules[0]}" -o "$work/one.btf") == \
  "{\"results\":[{\"module\":\"${modules[0]}\",\"merged\":true,\"types\":"*"}],\"summary\":{\"merged\":1,\"failed\":0,\"base_types\":112748,"*"\"bytes\":$(stat -c %s "$work/one.btf")}}" ]]

# The base among the files to dump is the base, and not merged with itself.
"$BTFX" dump -B "$kernel" file "${modules[0]}" file "${modules[1]}" >"$work/two.txt"
"$BTFX" -v dump -B "$kernel" file "$kernel" file "${modules[0]}" file "${modules[1]}" 2>"$work/err" | cmp - "$work/two.txt"
grep -qx "btfx: note: $kernel: is the base, and not merged" "$work/err"
