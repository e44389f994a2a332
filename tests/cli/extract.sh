#!/usr/bin/env bash
# The same bytes come out whatever they are wrapped in, and files are replaced whole.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
"$BTFX" extract "$DATA/vmlinux-6.12.115.btf.xz" | cmp - base.btf
gzip -k base.btf && "$BTFX" extract base.btf.gz -o out.btf && cmp out.btf base.btf

module=$DATA/out-of-tree/demo-distilled.ko
for section in .BTF .BTF.base .BTF_ids; do
  "$BTFX" extract "$module" --section "$section" >out
  objcopy -O binary --only-section="$section" --set-section-flags "$section=alloc" "$module" wanted 2>/dev/null ||
    { echo "objcopy is not installed"; exit 77; }
  cmp out wanted
done

# Swapped twice is the same again; the other order reads as the same types.
"$BTFX" extract base.btf --byte-order big -o big.btf
"$BTFX" extract big.btf --byte-order little | cmp - base.btf
cmp <("$BTFX" dump big.btf kind struct) <("$BTFX" dump base.btf kind struct)

# Mode and link survive, no temporary file stays, and a failure leaves the old file alone.
chmod 640 out.btf && ln -s out.btf link.btf
"$BTFX" extract "$DATA/vmlinux-6.12.117.btf.xz" -o link.btf
[[ -L link.btf && $(stat -c %a out.btf) == 640 ]]
xz -dc "$DATA/vmlinux-6.12.117.btf.xz" | cmp - out.btf
cp out.btf before.btf
status=0
"$BTFX" extract "$DATA/modules/tun.ko.xz" --section .BTF.base -o out.btf 2>err || status=$?
[[ $status == 2 && $(<err) == "btfx: error: $DATA/modules/tun.ko.xz: has no section .BTF.base" ]]
cmp out.btf before.btf
[[ $(find . -name '.*.??????') == '' ]]
