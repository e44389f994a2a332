#!/usr/bin/env bash
# The same bytes come out whatever they are wrapped in, and files are replaced whole.
. "$(dirname "$0")/lib.sh"
need objcopy
xz -dc "$old" >base.btf
btfx extract "$old" | same_files base.btf -
gzip -k base.btf
btfx extract base.btf.gz -o out.btf
same_files base.btf out.btf

module=$DATA/out-of-tree/demo-distilled.ko
for section in .BTF .BTF.base .BTF_ids; do
  btfx extract "$module" --section "$section" >out
  objcopy -O binary --only-section="$section" --set-section-flags "$section=alloc" "$module" wanted 2>/dev/null
  same_files wanted out
done

# Swapped twice is the same again; the other order reads as the same types.
btfx extract base.btf --byte-order big -o big.btf
btfx extract big.btf --byte-order little | same_files base.btf -
same_files <(btfx dump base.btf kind struct) <(btfx dump big.btf kind struct)

# Mode and link survive, no temporary file stays, and a failure leaves the old file alone.
chmod 640 out.btf && ln -s out.btf link.btf
btfx extract "$new" -o link.btf
assert -L link.btf
same 640 "$(stat -c %a out.btf)"
xz -dc "$new" | same_files - out.btf
cp out.btf before.btf
expect 2 btfx extract "$DATA/modules/tun.ko.xz" --section .BTF.base -o out.btf
same "btfx: error: $DATA/modules/tun.ko.xz: has no section .BTF.base" "$(<err)"
same_files before.btf out.btf
same '' "$(find . -name '.*.??????')"
