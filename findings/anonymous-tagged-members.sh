#!/usr/bin/env bash
# C that bpftool writes for a kernel built with -fms-extensions compiles without that option, and the structs are too small.
#
# With -fms-extensions, "struct head;" inside a struct adds the members of struct head to it. Debian's 6.18.15 has no such member,
# 6.19.11 has four, 7.2.13 eight, pipe_inode_info and filename among them. BTF says what they mean; bpftool prints
# "struct head;" again. For a compiler without the option that declares nothing: a warning by default, in a header of 140,000
# lines, and nothing at all with -w or in a system header. All members behind are then at wrong offsets, and sizeof is wrong;
# CO-RE mends the offsets, but not sizeof.
# gcc 14.2.0, clang 19.1.7, bpftool 7.5.0.
. "$(dirname "$0")/lib.sh"
packages gcc-14=14.2.0-19 clang-19=1:19.1.7-3+b1 bpftool=7.5.0+6.12.117-1

cat >"$tree/work/pipe.c" <<'C'
struct head { long first, second; };
struct pipe { struct head; int readers; } pipe = { .first = 1 };
C
inside gcc-14 -fms-extensions -gbtf -c pipe.c -o pipe.o
inside bpftool btf dump file pipe.o format c >"$tree/work/types.h"
seen "bpftool's C" "\
struct pipe {
	struct head;
	int readers;
};" "$(sed -n '/^struct pipe {/,/^};/p' "$tree/work/types.h")"
cat >"$tree/work/use.c" <<'C'
#include "types.h"
int readers_at[__builtin_offsetof(struct pipe, readers) + 1], size[sizeof(struct pipe)];
C
result=
for compiler in 'gcc-14' 'clang-19 -target bpf'; do
  for option in '' -fms-extensions; do
    # shellcheck disable=SC2086  # a command and its option
    inside $compiler $option -w -g -c use.c -o use.o
    result+="$compiler${option:+ $option}: $(inside readelf -sW use.o |
      awk '$8 == "size" { size = $3 / 4 } $8 == "readers_at" { at = $3 / 4 - 1 } END { print "readers at", at ", size", size }')"$'\n'
  done
done
seen 'its layout' "\
gcc-14: readers at 0, size 4
gcc-14 -fms-extensions: readers at 16, size 24
clang-19 -target bpf: readers at 0, size 4
clang-19 -target bpf -fms-extensions: readers at 16, size 24" "${result%$'\n'}"
