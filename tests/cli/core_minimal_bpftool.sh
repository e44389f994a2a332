#!/usr/bin/env bash
# core --minimal keeps the types and strings that bpftool keeps, in its order; only the header may be of another length.
. "$(dirname "$0")/lib.sh"
need bpftool
btfx extract "$new" -o kernel
# content FILE: what lies behind the header, whose length is its second word
content() { tail -c +"$(($(od -An -tu4 -j4 -N4 "$1") + 1))" "$1"; }
for objects in fileage.bpf.o blockage.bpf.o 'fileage.bpf.o blockage.bpf.o'; do
  files=()
  for object in $objects; do files+=("$DATA/bpf/$object"); done
  bpftool gen min_core_btf kernel expected "${files[@]}" >log 2>&1 || skip "this bpftool cannot: $(<log)"
  btfx core "${files[@]}" -B kernel --minimal small >/dev/null
  same_files <(content expected) <(content small)
done
