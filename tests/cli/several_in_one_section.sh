#!/usr/bin/env bash
# A linker puts the BTFs of several objects behind each other in one section: each is listed, and all are merged.
. "$(dirname "$0")/lib.sh"
need gcc ld jq

printf 'struct first { int a; } x;\nint one(struct first *f) { return f->a; }\n' >1.c
printf 'struct second { long b; } y;\nlong two(struct second *s) { return s->b; }\n' >2.c
printf 'struct third { char c; } z;\nint three(struct first *f);\n' >3.c
for i in 1 2 3; do gcc -gbtf -c $i.c -o $i.o 2>gcc.log || skip "gcc writes no BTF: $(<gcc.log)"; done
for i in 1 2 3; do btfx extract $i.o -o $i.btf; done

# Together, as a linker leaves them: raw, and in an ELF file.
ld -r 1.o 2.o 3.o -o all.o
cat 1.btf 2.btf 3.btf >all.btf
for file in all.o all.btf; do
  btfx list $file >list.txt
  same 4 "$(wc -l <list.txt)" "$file: lines of the list"
  for i in 1 2 3; do
    same "$(btfx -j list $i.o | jq '.results[0].types')" "$(awk -v n=$((i + 1)) 'NR == n { print $1 }' list.txt)" "$file: types of $i"
    has list.txt "$file ($i of 3)\$"
  done
  same '[[[1,3],[2,3],[3,3]],1]' "$(btfx -j list $file | jq -c '[[.results[] | [.part, .parts]], .summary.sources]')" "$file: JSON"
  btfx merge $file -o merged.btf
  btfx merge 1.o 2.o 3.o -o apart.btf
  same_files apart.btf merged.btf "$file: merged"
done

# One alone is one, and what only begins like another is none.
same '[1,false]' "$(btfx -j list 1.btf | jq -c '.results | [length, (.[0] | has("part"))]')"
{ cat 1.btf && printf '\237\353'; } >short.btf
same 1 "$(btfx -j list short.btf | jq '.results | length')"
# Of two, the second spoilt: said so.
{ cat 1.btf && head -c 40 2.btf; } >cut.btf
expect 2 btfx list cut.btf
expect 2 btfx merge 1.o cut.btf -o merged.btf
has err 'cut.btf: .*BTF 2 of 2: '
