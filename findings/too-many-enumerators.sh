#!/usr/bin/env bash
# An enum of 65,537 enumerators: three writers of BTF, three wrong results, and not a word from any.
#
# The number of enumerators has 16 bits in BTF as these programs write it. gcc lets it wrap around, so that the 65,537
# enumerators are followed by what no reader can make sense of: all BTF of the file is lost, other types too. pahole lets it wrap
# around as well, in libbpf, which writes one enumerator. clang leaves the enum out, and its variable is of type void.
# (Since 7.2 the kernel reads 24 bits of it.)
# gcc 14.2.0, clang 19.1.7, pahole 1.30; shown by bpftool 7.5.0.
. "$(dirname "$0")/lib.sh"
packages gcc-14=14.2.0-19 clang-19=1:19.1.7-3+b1 pahole=1.30-1 bpftool=7.5.0+6.12.117-1

{
  printf 'enum event {'
  printf ' EVENT_%d,' {0..65536}
  printf ' } event;\nstruct other { int member; } other;\n'
} >"$tree/work/events.c"
inside gcc-14 -gbtf -c events.c -o gcc.o
inside clang-19 -target bpf -g -c events.c -o clang.o
inside gcc-14 -g -c events.c -o dwarf.o
inside pahole --btf_encode_detached=pahole.btf dwarf.o
shown() { inside bpftool btf dump file "$1" 2>&1 | grep -E "Error|ENUM|EVENT|VAR 'event'|STRUCT" | sed -E 's/^\[[0-9]+\] //' || true; }
seen gcc 'Error: failed to load BTF from gcc.o: Invalid argument' "$(shown gcc.o)"
seen clang "\
VAR 'event' type_id=0, linkage=global
STRUCT 'other' size=4 vlen=1" "$(shown clang.o | grep -v '(VAR')"
seen pahole "\
ENUM 'event' encoding=UNSIGNED size=4 vlen=1
	'EVENT_0' val=0
STRUCT 'other' size=4 vlen=1" "$(shown pahole.btf)"
