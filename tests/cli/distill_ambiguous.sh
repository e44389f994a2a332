#!/usr/bin/env bash
# A base with two types that the kernel cannot tell apart is found where nothing is written as well.
. "$(dirname "$0")/lib.sh"

{ # two structs twin of eight bytes
  printf '\x9f\xeb\1\0\x18\0\0\0\0\0\0\0\x18\0\0\0\x18\0\0\0\6\0\0\0'
  printf '\1\0\0\0\0\0\0\4\x08\0\0\0\1\0\0\0\0\0\0\4\x08\0\0\0'
  printf '\0twin\0'
} >base.btf
{ # a pointer to the first
  printf '\x9f\xeb\1\0\x18\0\0\0\0\0\0\0\x0c\0\0\0\x0c\0\0\0\2\0\0\0'
  printf '\0\0\0\0\0\0\0\2\1\0\0\0'
  printf 'x\0'
} >split.btf

for destination in --dry-run "--output-dir there" "--dry-run --sort"; do
  # shellcheck disable=SC2086  # words are arguments
  expect 1 btfx distill split.btf -B base.btf $destination
  has err 'STRUCT twin: the base has several of that name, kind and size: STRUCT twin \[1\], 8 bytes; STRUCT twin \[2\], 8 bytes'
done
assert ! -e there/split.btf.BTF.base
