#!/usr/bin/env bash
# label: slow
# Whatever BTF btfx writes or finds, it resolves .BTF_ids to what the kernel's own resolve_btfids makes of the same BTF:
# every kind of symbol, both classes and byte orders, with and without a base and .BTF.base, sorted or not.
# The reference is the one of Linux 6.12 to 6.18, which writes into the ELF file: RESOLVE_BTFIDS, what belongs to the headers
# in KERNEL_HEADERS, or what a package linux-kbuild-6.12.* has installed. KERNEL_MODULES (a directory, uncompressed) and KERNEL_BASE (raw BTF) add real modules,
# KERNEL_VMLINUX an ELF file of a vmlinux.
. "$(dirname "$0")/lib.sh"
reference=${RESOLVE_BTFIDS-}
for kbuild in ${KERNEL_HEADERS:+"$KERNEL_HEADERS"} /usr/lib/linux-kbuild-6.1[2-8].*; do
  candidate=$kbuild/tools/bpf/resolve_btfids/resolve_btfids
  [[ -n $reference || ! -x $candidate || -e $kbuild/scripts/gen-btf.sh ]] || reference=$candidate # later ones write beside it
done
[[ -n $reference ]] || skip 'no resolve_btfids: install a package linux-kbuild-6.12.*, or set KERNEL_HEADERS or RESOLVE_BTFIDS'
need bpftool clang llvm-objcopy pahole readelf

bytes() { dd if="$1" iflag=skip_bytes,count_bytes skip="$2" count="$3" status=none; } # FILE OFFSET SIZE
section() { # NAME ELF: its bytes, not by btfx
  local offset size
  read -r offset size < <(readelf -SW "$2" | sed 's/^ *\[ *//; s/\]//' | awk -v name="$1" '$2 == name { print $5, $6 }')
  bytes "$2" $((16#$offset)) $((16#$size))
}
names() { sed -n 's/.*\(unresolved symbol\|there is no [A-Z]*\) \([A-Za-z0-9_]*\).*/\2/p' "$1" | sort; }

compared=0
agree() { # WHAT EXPECTED GOT
  same_files "$2" "$3" "$1 differs"
  compared=$((compared + 1))
}
ask_reference() { # ELF [BASE]: what the reference makes of it, in expected.*
  cp "$1" expected.elf
  "$reference" ${2:+-b "$2"} expected.elf 2>expected.err || fail "the reference refuses $1:" "$(<expected.err)"
  section .BTF_ids expected.elf >expected.ids
}
# The reference knows no big-endian header of 32 bytes: raw BTF without the last two words of it, which are 0.
short_header() { # RAW TO
  if [[ $(od -An -tx1 -N 8 "$1") == ' eb 9f 01 00 00 00 00 20' ]]; then
    same ' 00 00 00 00 00 00 00 00' "$(od -An -tx1 -j 24 -N 8 "$1")" "$1: the end of its header"
    { printf '\xeb\x9f\x01\x00\x00\x00\x00\x18' && bytes "$1" 8 16 && tail -c +33 "$1"; } >"$2"
  else
    cp "$1" "$2"
  fi
}
embed() { # ELF SIDECARS TO: a copy of ELF with the BTF of the sidecars
  local more=()
  short_header "$2.BTF" embed.btf
  if [[ -e $2.BTF.base ]]; then short_header "$2.BTF.base" embed.base && more=(--add-section .BTF.base=embed.base); fi
  llvm-objcopy --remove-section .BTF "$1" "$3"
  llvm-objcopy --add-section .BTF=embed.btf "${more[@]}" "$3"
}

compare() { # ELF [BASE]
  local elf=$1 base=${2-} what order
  local given=(${base:+-B "$base"})
  ask_reference "$elf" "$base"

  what="$elf in place"
  cp "$elf" got.elf
  btfx resolve-ids --in-place --no-sort "${given[@]}" got.elf 2>got.err
  section .BTF_ids got.elf >got.ids
  agree "$what: .BTF_ids" expected.ids got.ids
  agree "$what: unresolved names" <(names expected.err) <(names got.err)
  # What the reference's ELF library lays out anew stays where it was: patching its section in gives the file.
  cp "$elf" patched.elf
  btfx resolve-ids --patch expected.ids patched.elf
  agree "$what: the rest of the file" patched.elf got.elf

  for order in --no-sort ''; do
    what="$elf, sidecars ${order:-sorted}"
    rm -f got.elf*
    cp "$elf" got.elf
    btfx resolve-ids ${order:+"$order"} "${given[@]}" got.elf 2>got.err
    agree "$what: the input" "$elf" got.elf
    assert ! -e got.elf.BTF.base
    embed "$elf" got.elf embedded.elf
    ask_reference embedded.elf "$base"
    agree "$what: .BTF_ids" expected.ids got.elf.BTF_ids
    if [[ -z $order ]]; then sorted_names got.elf.BTF "$base"; fi

    [[ -n $base ]] || continue
    what="$elf, distilled sidecars ${order:-sorted}"
    rm -f got.elf.*
    btfx resolve-ids --distill-base ${order:+"$order"} "${given[@]}" got.elf 2>got.err
    embed "$elf" got.elf embedded.elf
    ask_reference embedded.elf
    agree "$what: .BTF_ids" expected.ids got.elf.BTF_ids
    # The same ids with a base given: .BTF.base wins, there as here.
    ask_reference embedded.elf "$base"
    agree "$what: .BTF_ids with a base" expected.ids got.elf.BTF_ids
    for given_again in "" "$base"; do
      cp embedded.elf again.elf
      btfx resolve-ids --in-place --no-sort ${given_again:+-B "$given_again"} again.elf 2>got.err
      section .BTF_ids again.elf >got.ids
      agree "$what: .BTF_ids in place${given_again:+, with a base}" expected.ids got.ids
    done
  done
}
sorted_names() { # RAW [BASE]: bpftool's word for it
  bpftool ${2:+-B "$2"} btf dump file "$1" | sed -n "s/^\[[0-9]*\] [A-Z0-9_]* '\([^']*\)'.*/\1/p" | sed 's/^(anon)$//' >names.txt
  same_files <(LC_ALL=C sort names.txt) names.txt "names of $1"
}

cat >ids.h <<'END'
/* One macro is one piece of .BTF_ids, as kernel sources write it. */
#define PIECE(text) asm(".pushsection .BTF_ids,\"a\"\n" text ".popsection\n");
#define WORD(symbol, tail) PIECE(".local " symbol "\n.type " symbol ",%object\n.size " symbol ",4\n" symbol ":\n.zero 4\n" tail)
#define ID(kind, name, unique) WORD("__BTF_ID__" #kind "__" #name "__" #unique, "")
#define FLAGS(name, unique, flags) WORD("__BTF_ID__func__" #name "__" #unique, ".4byte " #flags "\n")
#define UNUSED PIECE(".zero 4\n")
#define LIST(name) PIECE(".local " #name "\n" #name ":\n")
#define SET_START(name, head) PIECE(".local " name "\n" name ":\n" head)
#define SET_STOP(name) PIECE(".size " name ", .-" name "\n")
#define SET(name) SET_START("__BTF_ID__set__" #name, ".zero 4\n")
#define SET_END(name) SET_STOP("__BTF_ID__set__" #name)
#define SET8(name, flags) SET_START("__BTF_ID__set8__" #name, ".zero 4\n.4byte " #flags "\n")
#define SET8_END(name) SET_STOP("__BTF_ID__set8__" #name)
END
cat >base.c <<'END'
struct apple { int weight; struct apple *next; };
struct twin { int in_base; };
union pear { int a; long b; };
typedef unsigned int plum_t;
enum colour { RED, GREEN };
int zebra(struct apple *a, union pear *p) { return a->weight + p->a; }
int base_only(plum_t n, enum colour c, struct twin *t) { return (int)n + c + t->in_base; }
END
{
  cat <<'END'
#include "ids.h"
struct apple { int weight; struct apple *next; };
struct twin { long in_module, more; };
struct set8__of { int x; };
struct _under__score_ { int y; };
struct opaque;
union pear { int a; long b; };
union struct_ { int a; char c; };
typedef unsigned int plum_t;
typedef struct apple typedef__t;
enum colour { RED, GREEN };
int zebra(struct apple *a, union pear *p) { return a->weight + p->a; }
int yak(plum_t n) { return (int)n; }
int ant(int n, struct twin *t) { return n + (int)t->more; }
int func__1(struct set8__of *s, struct _under__score_ *u) { return s->x + u->y; }
int set(union struct_ *u, typedef__t *t, struct opaque *o) { return u->a + t->weight + (o != 0); }
int apple(enum colour c) { return (int)c; }
END
  for ((i = 0; i < 300; i++)); do echo "int member_$i(int n) { return n; }"; done
  cat <<'END'
LIST(fruit)
ID(struct, apple, 11)
UNUSED
ID(union, pear, 22)
ID(typedef, plum_t, 33)
ID(func, zebra, 44)
ID(func, apple, 45)
ID(struct, twin, 46)
LIST(names)
ID(struct, set8__of, 50)
ID(struct, _under__score_, 51)
ID(union, struct_, 52)
ID(typedef, typedef__t, 53)
ID(func, func__1, 54)
ID(func, set, 55)
LIST(not_there)
ID(struct, opaque, 60)
ID(struct, colour, 61)
ID(union, apple, 62)
ID(typedef, pear, 63)
ID(func, plum_t, 64)
ID(func, no_such_function, 65)
ID(func, base_only, 66)
SET(animals)
ID(func, zebra, 70)
ID(func, yak, 71)
UNUSED
ID(func, no_such_function, 72)
ID(func, ant, 73)
SET_END(animals)
SET(empty)
SET_END(empty)
SET(types)
ID(typedef, plum_t, 74)
ID(struct, apple, 75)
SET_END(types)
SET8(kfuncs, 1)
FLAGS(zebra, 80, 0x10)
FLAGS(no_such_function, 81, 0x01)
FLAGS(yak, 82, 0x20)
FLAGS(zebra, 83, 0x11)
FLAGS(another_one_missing, 84, 0x02)
FLAGS(ant, 85, 0x40008001)
FLAGS(no_such_function, 86, 0x03)
SET8_END(kfuncs)
SET8(none, 0)
SET8_END(none)
END
  echo 'SET8(many, 3)'
  for ((i = 0; i < 300; i++)); do echo "FLAGS(member_$((i * 137 % 300)), $((1000 + i)), $((i * 7919 % 65536)))"; done
  echo 'SET8_END(many)'
} >ids.c

compile() { # TARGET SOURCE OBJECT
  clang --target="$1" -O0 -gdwarf-4 -c "$2" -o "$3" 2>compile.err
}
encode() { # ELF [BASE]
  LLVM_OBJCOPY=llvm-objcopy pahole -J ${2:+--btf_base "$2"} "$1"
}
for target in x86_64-linux-gnu i386-linux-gnu s390x-linux-gnu powerpc-linux-gnu; do
  if ! compile $target base.c base.o; then echo "clang cannot compile for $target: left out" && continue; fi
  encode base.o
  section .BTF base.o >base.btf
  compile $target ids.c "$target.o"
  cp "$target.o" "$target-split.o"
  encode "$target.o"
  compare "$target.o"
  encode "$target-split.o" base.btf
  compare "$target-split.o" base.btf
done
# Linked, so that the section has an address.
if ld -r -o moved.o x86_64-linux-gnu.o && ld -e 0 --section-start=.BTF_ids=0x12345000 -o linked moved.o 2>/dev/null; then compare linked; fi

xz -dc "$old" >vmlinux.btf
real() { # FILE [BASE]: as the compiler left it, without what resolving did at the time of packaging
  local name
  name=$(basename "${1%.xz}")
  "$root/tests/support/unsigned.sh" "$1" "$name"
  readelf -SW "$name" | grep -F ' .BTF_ids ' >has-ids || return 0
  "$root/tests/support/unresolve.sh" "$name" ${2:+"$2"}
  compare "$name" ${2:+"$2"}
  modules=$((modules + 1))
}
modules=0
for module in "$DATA"/modules/*.ko.xz; do real "$module" vmlinux.btf; done
same 6 "$modules"
if [[ -n ${KERNEL_MODULES-} ]]; then
  while read -r module; do real "$module" "${KERNEL_BASE:?}"; done < <(find "$KERNEL_MODULES" -name '*.ko' -exec grep -lF .BTF_ids {} + | sort)
fi
[[ -z ${KERNEL_VMLINUX-} ]] || real "$KERNEL_VMLINUX"
echo "$compared comparisons with $reference, $modules of kernels' files"
