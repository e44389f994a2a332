#!/usr/bin/env bash
# Of several BTFs in one section, one after the other as linkers put them there, dump shows the first and says so.
. "$(dirname "$0")/lib.sh"
# INT int, alone.
printf '\x9f\xeb\x01\x00\x18\0\0\0\0\0\0\0\x10\0\0\0\x10\0\0\0\x05\0\0\0\x01\0\0\0\0\0\0\x01\x04\0\0\0\x20\0\0\x01\0int\0' >one
cat one one >two
line="[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED"
says() { # ERRORS FILE
  expect 0 btfx dump "$2"
  same "$line" "$(<out)"
  same "$1" "$(<err)"
}
says '' one
says 'btfx: warning: two: 45 bytes after its first BTF are left out: 1 more BTF, which merge takes' two
{ cat one && printf '\0\0\0'; } >padded
says '' padded # what a section is filled up with
{ cat one && printf 'rest'; } >rest
says 'btfx: warning: rest: 4 bytes after its first BTF are left out' rest
command -v objcopy >/dev/null || exit 0
objcopy -I binary -O elf64-x86-64 --rename-section .data=.BTF two two.o
says 'btfx: warning: two.o: 45 bytes after its first BTF are left out: 1 more BTF, which merge takes' two.o
