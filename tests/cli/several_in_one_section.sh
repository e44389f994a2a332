#!/usr/bin/env bash
# A linker puts the BTFs of several objects behind each other in one section: each is listed, and all are merged.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { printf 'FAILED: %s\n' "$1" >&2 && exit 1; }

printf 'struct first { int a; } x;\nint one(struct first *f) { return f->a; }\n' >1.c
printf 'struct second { long b; } y;\nlong two(struct second *s) { return s->b; }\n' >2.c
printf 'struct third { char c; } z;\nint three(struct first *f);\n' >3.c
for i in 1 2 3; do gcc -gbtf -c $i.c -o $i.o 2>gcc.log || { cat gcc.log && exit 77; }; done
for i in 1 2 3; do "$BTFX" extract $i.o -o $i.btf || exit 77; done

# Together, as a linker leaves them: raw, and in an ELF file.
ld -r 1.o 2.o 3.o -o all.o
cat 1.btf 2.btf 3.btf >all.btf
for file in all.o all.btf; do
  "$BTFX" list $file >list.txt
  [[ $(wc -l <list.txt) == 4 ]] || fail "$file: lines of the list"
  for i in 1 2 3; do
    types=$("$BTFX" -j list $i.o | jq '.results[0].types')
    awk -v n=$((i + 1)) 'NR == n { print $1 }' list.txt | grep -qx "$types" || fail "$file: types of $i"
    grep -q "$file ($i of 3)\$" list.txt || fail "$file: place $i"
  done
  "$BTFX" -j list $file | jq -e '[.results[] | [.part, .parts]] == [[1, 3], [2, 3], [3, 3]] and .summary.sources == 1' \
    >/dev/null || fail "$file: JSON"
  "$BTFX" merge $file -o merged.btf
  "$BTFX" merge 1.o 2.o 3.o -o apart.btf
  cmp merged.btf apart.btf || fail "$file: merged"
done

# One alone is one, and what only begins like another is none.
"$BTFX" -j list 1.btf | jq -e '.results | length == 1 and (.[0] | has("part") | not)' >/dev/null || fail 'one'
{ cat 1.btf && printf '\237\353'; } >short.btf
"$BTFX" -j list short.btf | jq -e '.results | length == 1' >/dev/null || fail 'short'
# Of two, the second spoilt: said so.
{ cat 1.btf && head -c 40 2.btf; } >cut.btf
! "$BTFX" list cut.btf 2>err.txt || fail 'cut is listed'
! "$BTFX" merge 1.o cut.btf -o merged.btf 2>err.txt || fail 'cut is merged'
grep -q 'cut.btf: .*BTF 2 of 2: ' err.txt || fail 'where it is cut'
