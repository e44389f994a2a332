#!/usr/bin/env bash
# Where the kernel's rules and sound ones differ, a warning says so, and JSON has both answers; --strict follows the sound.
. "$(dirname "$0")/lib.sh"
need jq
le() { # NUMBER...: little-endian words
  local word
  for word; do printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((word & 255)) $((word >> 8 & 255)) $((word >> 16 & 255)) $((word >> 24 & 255)))"; done
}
btf() { # STRINGS WORD...: a raw BTF; `.` in the strings is NUL
  local strings=$1
  shift
  le $((0x1eb9f)) 24 0 $((4 * $#)) $((4 * $#)) ${#strings} "$@"
  printf %s "$strings" | tr . '\0'
}
struct=$((4 << 24)) union=$((5 << 24)) pointer=$((2 << 24)) member=$((4 << 24 | 1))
btf .foo. 1 $struct 8 >old.btf
btf .foo. 1 $union 16 >union.btf
btf '' 0 $pointer 1 >pointer.btf
btf mine.foo. 5 $member 8 10 1 0 >member.btf # struct mine { struct foo foo; }

btfx relocate pointer.btf --from old.btf -B union.btf >out
same_files - out <<'END'
pointer.btf: relocates
  warning: STRUCT foo: the kernel takes UNION foo [1], 16 bytes for it, which is something else; needed by a type without a name, PTR [2]; by kind and size there is none [wrong-kind]
1 module: 1 relocates, 0 do not, 1 with warnings; nothing was written
END
btfx -j relocate pointer.btf --from old.btf -B union.btf >json
same '[true,true,false,"UNION",null,true]' "$(jq -c '.results[0] | [.relocates, .kernel_relocates, .sound] +
  (.types[0] | [.to.kind, .sound_to, has("sound_to")])' json)"
expect 1 btfx relocate pointer.btf --from old.btf -B union.btf --strict -o none
assert ! -e none

# The other way round: a declaration beside its definition, which the kernel cannot choose from.
btf .foo. 1 $((7 << 24)) 0 1 $struct 8 >both.btf
expect 1 btfx relocate pointer.btf --from old.btf -B both.btf
same_files - out <<'END'
pointer.btf: does not relocate: 1 of 1 base types does not fit
  error: STRUCT foo: the kernel cannot choose between a declaration and its definition: FWD foo [1], declaring a struct; STRUCT foo [2], 8 bytes; needed by a type without a name, PTR [2]; by kind and size it is STRUCT foo [2], 8 bytes [fwd-and-struct]
  the kernel would say: distilled base BTF type 'foo' [1], size 8 has multiple candidates of the same size (ids [2, 1]) in base BTF (-22)
  the kernel refuses it although it fits: --strict relocates it
1 module: 0 relocate, 1 does not; nothing was written
END
btfx relocate pointer.btf --from old.btf -B both.btf --strict -o sound >/dev/null
btfx dump sound -B both.btf | has - -x "\[3\] PTR '(anon)' type_id=2"

# Held by value, both rules agree.
expect 1 btfx relocate member.btf --from old.btf -B union.btf
same "  error: STRUCT foo: the base has no type of that name and kind, only UNION foo [1], 16 bytes; \
member \`foo\` of struct mine holds it by value [missing]" "$(sed -n 2p out)"
btfx relocate member.btf --from old.btf -B both.btf >/dev/null
