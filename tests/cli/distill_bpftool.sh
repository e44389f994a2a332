#!/usr/bin/env bash
# bpftool reads what btfx has distilled: .BTF.base alone, and .BTF on it.
set -eu
for tool in bpftool objcopy; do
  command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
for name in tun veth nf_nat; do
  "$BTFX" distill "$DATA/modules/$name.ko.xz" -B "$DATA/vmlinux-6.12.115.btf.xz" --strip-signature -o "$name.ko"
  # Not by btfx: the file itself must be right.
  objcopy -O binary --only-section=.BTF.base --set-section-flags .BTF.base=alloc "$name.ko" "$name.base" 2>/dev/null
  objcopy -O binary --only-section=.BTF --set-section-flags .BTF=alloc "$name.ko" "$name.btf" 2>/dev/null
  bpftool btf dump file "$name.base" >bpftool.txt
  "$BTFX" dump "$name.ko" >split.txt
  "$BTFX" extract "$name.ko" --section .BTF.base | "$BTFX" dump - | diff - bpftool.txt
  bpftool -B "$name.base" btf dump file "$name.btf" | diff - split.txt
done
