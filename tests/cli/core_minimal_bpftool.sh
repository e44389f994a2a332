#!/usr/bin/env bash
# core --minimal keeps the types and strings that bpftool keeps, in its order; only the header may be of another length.
set -eu
command -v bpftool >/dev/null || { echo "bpftool is not installed"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
"$BTFX" extract "$DATA/vmlinux-6.12.117.btf.xz" -o kernel
# content FILE: what lies behind the header, whose length is its second word
content() { tail -c +"$(($(od -An -tu4 -j4 -N4 "$1") + 1))" "$1"; }
for objects in fileage.bpf.o blockage.bpf.o 'fileage.bpf.o blockage.bpf.o'; do
  files=()
  for object in $objects; do files+=("$DATA/bpf/$object"); done
  bpftool gen min_core_btf kernel expected "${files[@]}" >log 2>&1 || { cat log; echo "this bpftool cannot"; exit 77; }
  "$BTFX" core "${files[@]}" -B kernel --minimal small >/dev/null
  cmp <(content expected) <(content small)
done
