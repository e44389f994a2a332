#!/usr/bin/env bash
# Whether a stripped program still has its BTF depends on whose strip it was, although -g leads to the same with all of them.
#
# gcc -gbtf writes .BTF as a section that is not loaded and not named .debug. GNU strip keeps such a section, with -g and without;
# llvm-strip and eu-strip keep it with -g, and drop it without options. So a package whose build strips with binutils ships types,
# and the same package built with LLVM's tools has none, with no message of either.
# gcc 14.2.0, binutils 2.44, LLVM 19.1.7, elfutils 0.192.
. "$(dirname "$0")/lib.sh"
packages gcc-14=14.2.0-19 libc6-dev binutils=2.44-3 llvm-19=1:19.1.7-3+b1 elfutils=0.192-4

echo 'struct point { int x, y; } point; int main(void) { return point.x; }' >"$tree/work/program.c"
inside gcc-14 -gbtf program.c -o program
result=
for strip in strip llvm-strip-19 eu-strip; do
  for option in -g ''; do
    inside "$strip" ${option:+"$option"} -o stripped program
    kept=dropped
    ! inside readelf -SW stripped | grep -q ' \.BTF ' || kept=kept
    result+="$strip ${option:-(no option)}: .BTF is $kept"$'\n'
  done
done
seen 'the same program, stripped' "\
strip -g: .BTF is kept
strip (no option): .BTF is kept
llvm-strip-19 -g: .BTF is kept
llvm-strip-19 (no option): .BTF is dropped
eu-strip -g: .BTF is kept
eu-strip (no option): .BTF is dropped" "${result%$'\n'}"
