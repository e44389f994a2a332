#!/usr/bin/env bash
# bpftool reads what btfx has distilled: .BTF.base alone, and .BTF on it.
. "$(dirname "$0")/lib.sh"
need bpftool objcopy
for name in tun veth nf_nat; do
  btfx distill "$DATA/modules/$name.ko.xz" -B "$old" --strip-signature -o "$name.ko"
  # Not by btfx: the file itself must be right.
  objcopy -O binary --only-section=.BTF.base --set-section-flags .BTF.base=alloc "$name.ko" "$name.base" 2>/dev/null
  objcopy -O binary --only-section=.BTF --set-section-flags .BTF=alloc "$name.ko" "$name.btf" 2>/dev/null
  bpftool btf dump file "$name.base" >bpftool.txt
  btfx dump "$name.ko" >split.txt
  btfx extract "$name.ko" --section .BTF.base | btfx dump - | same_files bpftool.txt -
  bpftool -B "$name.base" btf dump file "$name.btf" | same_files split.txt -
done
