#!/usr/bin/env bash
# --minimal and --name keep what is reached, --sort sorts it, and --into puts it into an ELF file.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kernel=$DATA/vmlinux-6.12.117.btf.xz
cp "$DATA/out-of-tree/demo-split.ko" "$work/demo.ko" && chmod u+w "$work/demo.ko"

"$BTFX" merge -B "$kernel" "$work/demo.ko" --minimal -o "$work/minimal.btf"
(($(stat -c %s "$work/minimal.btf") < 2000000))
"$BTFX" dump "$work/minimal.btf" >"$work/minimal.txt"
"$BTFX" merge -B "$kernel" "$work/demo.ko" --minimal --into "$work/demo.ko"
"$BTFX" dump "$work/demo.ko" -B none | cmp - "$work/minimal.txt"

xz -dc "$DATA/modules/tun.ko.xz" >"$work/signed.ko" && cp "$work/signed.ko" "$work/before.ko"
tun=("$BTFX" merge -B "$DATA/vmlinux-6.12.115.btf.xz" "$work/signed.ko" --minimal --into "$work/signed.ko")
status=0
"${tun[@]}" 2>"$work/err" || status=$?
((status == 2))
grep -q 'is signed, and changing it would make the signature wrong: --strip-signature drops it' "$work/err"
cmp "$work/signed.ko" "$work/before.ko"
"${tun[@]}" --strip-signature
"$BTFX" list "$work/signed.ko" | grep -q standalone
if grep -q 'Module signature appended' "$work/signed.ko"; then exit 1; fi

"$BTFX" merge -B "$kernel" --name list_head --name 'hlist_nod[e]' --sort -o "$work/list.btf"
"$BTFX" dump "$work/list.btf" | cmp - <(printf '%b' \
  "[1] PTR '(anon)' type_id=5\n[2] PTR '(anon)' type_id=4\n[3] PTR '(anon)' type_id=2\n" \
  "[4] STRUCT 'hlist_node' size=16 vlen=2\n\t'next' type_id=2 bits_offset=0\n\t'pprev' type_id=3 bits_offset=64\n" \
  "[5] STRUCT 'list_head' size=16 vlen=2\n\t'next' type_id=1 bits_offset=0\n\t'prev' type_id=1 bits_offset=64\n")

status=0
"$BTFX" merge -B "$kernel" --name no_such_type -o "$work/none.btf" 2>"$work/err" || status=$?
((status == 2))
grep -q "error: no type is named 'no_such_type'" "$work/err"
[[ ! -e $work/none.btf ]]
status=0
"$BTFX" merge -B "$kernel" "$work/demo.ko" 2>"$work/err" || status=$?
((status == 2))
grep -q 'needs one of -o FILE and --into ELF' "$work/err"
