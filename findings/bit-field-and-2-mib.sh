#!/usr/bin/env bash
# One bit-field turns the offsets of all members from 2 MiB on into wrong ones, with all three writers of BTF, silently.
#
# In a struct that has a bit-field, BTF keeps a member's width in the upper 8 bits of its offset and leaves 24 bits for the
# offset, counted in bits: they end at 2 MiB. gcc, clang and pahole put the larger offset in all the same. What it carries over
# becomes the width: a plain int at byte 2097156 becomes a bit-field of 1 bit at byte 4. Without the bit-field it is right.
# Structs of this kind are those of ring buffers and hash tables with flags in front and the buffer in themselves.
# gcc 14.2.0, clang 19.1.7, pahole 1.30; shown by bpftool 7.5.0.
. "$(dirname "$0")/lib.sh"
packages gcc-14=14.2.0-19 clang-19=1:19.1.7-3+b1 pahole=1.30-1 bpftool=7.5.0+6.12.117-1

cat >"$tree/work/ring.c" <<'C'
struct ring { unsigned busy : 1; char data[2097152]; int count; long total; } ring;
struct plain { unsigned busy; char data[2097152]; int count; long total; } plain;
C
inside gcc-14 -gbtf -c ring.c -o gcc.o
inside clang-19 -target bpf -g -c ring.c -o clang.o
inside gcc-14 -g -c ring.c -o dwarf.o
inside pahole --btf_encode_detached=pahole.btf dwarf.o
for file in gcc.o clang.o pahole.btf; do
  seen "${file%.*}" "\
ring: size=2097168
	'count' bits_offset=32 bitfield_size=1
	'total' bits_offset=64 bitfield_size=1
plain: size=2097168
	'count' bits_offset=16777248
	'total' bits_offset=16777280" \
    "$(inside bpftool btf dump file "$file" | sed -nE "s/^\[[0-9]+\] STRUCT '(\w+)' (size=\w+) .*/\1: \2/p
      /'(count|total)'/s/ type_id=[0-9]+//p")"
done
