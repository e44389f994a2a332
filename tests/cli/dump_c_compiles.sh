#!/usr/bin/env bash
# label: slow
# Compilers take the headers, and lay out every struct as the kernel's BTF has it.
. "$(dirname "$0")/lib.sh"
need clang clang++ gcc g++
echo 'int x;' | clang -target bpf -g -c -x c - -o /dev/null 2>/dev/null || skip 'clang cannot compile for BPF'
xz -dc "$old" >base.btf

# The structs whose tag begins with a to d, with all they need: some thousand.
btfx dump base.btf format c --packed-unions name '[a-d]*' kind struct >some.h
btfx dump base.btf format c --cplusplus name '[a-d]*' kind struct >some.hpp
btfx dump base.btf >base.txt

# Tags that only one type has: the second bearer of a tag is called otherwise in a header.
awk '/^\[/ && $2 ~ /^(STRUCT|UNION|ENUM|ENUM64|FWD)$/ && $3 != "\x27(anon)\x27" { print $3 }' base.txt | sort | uniq -u >tags
awk 'NR == FNR { unique[$1] = 1; next }
  /^\[/ && $2 == "STRUCT" && $3 ~ /^\x27[a-d]/ && $3 in unique { tag = $3; gsub("\x27", "", tag); print "struct " tag " v" NR ";" }' \
  tags base.txt >variables
assert "$(wc -l <variables)" -gt 1000
{ echo '#include "some.h"' && cat variables; } >some.c
clang -target bpf -Werror -g -c some.c -o some.o
btfx dump some.o >some.txt

# For each of them its size, and of each member name, place and width.
layouts() { # TAGS TYPES
  awk 'NR == FNR { wanted[$1] = 1; next }
    /^\[/ { tag = ""; if ($2 == "STRUCT" && $3 in wanted) { tag = $3; print tag, $4 } next }
    tag != "" { sub(/type_id=[0-9]+ /, ""); print tag, $0 }' "$1" "$2" | sort
}
awk '{ print "\x27" $2 "\x27" }' variables >wanted
layouts wanted base.txt >in-base
layouts wanted some.txt >in-program
assert "$(wc -l <in-base)" -gt 7000
same_files in-base in-program

gcc -Werror -c some.c -o /dev/null
for compiler in g++ clang++; do
  echo '#include "some.hpp"' | "$compiler" -Werror -Wno-unknown-pragmas -x c++ -fsyntax-only -I. -
done

# With --compat the header stands beside these of a C library, before and behind them; without, it does not.
libc=$'#include <stdint.h>\n#include <stddef.h>\n#include <stdbool.h>\n#include <sys/types.h>'
btfx dump base.btf format c --compat kind typedef kind enum >compat.h
btfx dump base.btf format c kind typedef kind enum >plain.h
for text in "$libc"$'\n#include "compat.h"' '#include "compat.h"'$'\n'"$libc"; do
  echo "$text" | gcc -w -x c -fsyntax-only -I. -
done
echo '#include "compat.h"'$'\nvmlinux_pid_t pid; vmlinux_size_t size; u32 number; enum pid_type type;' | gcc -w -x c -fsyntax-only -I. -
expect 1 gcc -w -x c -fsyntax-only -I. - <<<"$libc"$'\n#include "plain.h"'
has err 'conflicting types for'
