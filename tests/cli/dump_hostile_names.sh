#!/usr/bin/env bash
# Names that would command a terminal do not get to one, in any format; JSON of them parses.
. "$(dirname "$0")/lib.sh"
need jq
export LC_ALL=C # lengths in bytes

# STRUCT with the name given, and a member of that name: ESC, C1 CSI, right-to-left override, DEL, broken UTF-8.
name=$(printf 'a\x1b[2J\xc2\x9b2J\xe2\x80\xae\x7f\xff\xc3\xa9')
word() { for bits in 0 8 16 24; do printf %b "\\x$(printf %02x $(($1 >> bits & 255)))"; done; }
strings=$((1 + ${#name} + 1 + 4))
{
  printf '\x9f\xeb\x01\x00\x18\0\0\0' && word 0 && word 40 && word 40 && word "$strings"
  word $((1 + ${#name} + 1)) && word $((1 << 24)) && word 4 && word 32 # INT int
  word 1 && word $((4 << 24 | 1)) && word 4 && word 1 && word 1 && word 0
  printf '\0%s\0int\0' "$name"
} >evil.btf

# No byte that a terminal acts on, but line ends and tabs; what is not ASCII is the one letter, and what stands for bytes that are not text.
harmless() { # ARGUMENT...
  expect 0 btfx dump evil.btf "$@"
  cat out err | tr -d '\t' | sed 's/\xc3\xa9//g; s/\xef\xbf\xbd//g' | has_not - '[^ -~]'
}
escaped=$(printf 'a\\x1b[2J\\xc2\\x9b2J\\xe2\\x80\\xae\\x7f\\xff\xc3\xa9')
harmless
same "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=(none)
[2] STRUCT '$escaped' size=4 vlen=1
	'$escaped' type_id=1 bits_offset=0" "$(<out)"
harmless format layout
has out -F "struct $escaped {"
harmless format layout sizes
has out -F "struct $escaped"
harmless format layout contains int sizes
has out -F "struct $escaped: $escaped"
harmless format c
has out '^struct a__2J__2J______* {$'
same "btfx: warning: 2 names are not identifiers in C: other characters became '_'" "$(<err)"
for arguments in "" "format layout" "format layout sizes"; do
  # shellcheck disable=SC2086 # words
  harmless -j $arguments
  jq . out >/dev/null
  grep -qF 'a\u001b[2J\u009b2J\u202e\u007f\ufffd' out || grep -qF $'a\\u001b[2J\\u009b2J\\u202e\\u007f\xef\xbf\xbd' out
done
