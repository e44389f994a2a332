#!/usr/bin/env bash
# dump -o writes what it would print, and leaves the file that is there alone when anything fails.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$DATA/vmlinux-6.12.115.btf.xz" base
for format in raw json c layout; do
  "$BTFX" dump base format "$format" >printed
  "$BTFX" dump -o written base format "$format" >out
  cmp printed written
  [[ ! -s out ]]
done
"$BTFX" -p dump base root_id 1 --output=written
[[ $(head -2 written) == $'{\n    "types": [{' ]]
"$BTFX" dump base root_id 1 -o - >out
[[ $(cat out) == "[1] INT 'long unsigned int' size=8 bits_offset=0 nr_bits=64 encoding=(none)" ]]
[[ ! -e ./- ]]

# A struct that embeds itself is found when half of the header is written: STRUCT s { s m; } after INT int.
printf '\x9f\xeb\x01\x00\x18\0\0\0\0\0\0\0\x28\0\0\0\x28\0\0\0\x0a\0\0\0\x01\0\0\0\0\0\0\x01\x04\0\0\0\x20\0\0\x01' >cycle
printf '\x05\0\0\0\x01\0\0\x04\x04\0\0\0\x07\0\0\0\x02\0\0\0\0\0\0\0\0int\0s\0m\0\0' >>cycle
fails() { # MESSAGE ARGUMENT...
  local status=0
  "$BTFX" "${@:2}" >out 2>errors || status=$?
  [[ $status == 2 && ! -s out ]]
  [[ $(cat errors) == "btfx: error: $1" ]] || { cat errors; return 1; }
  [[ $(cat header.h) == old && $(echo .* *) == "$files" ]]
}
echo old >header.h
chmod 640 header.h
files=$(touch out errors && echo .* *)
fails 'cycle: type 2: unsatisfiable type cycle' dump cycle format c -o header.h
fails 'none: cannot open: No such file or directory' dump none format c -o header.h
fails 'can'\''t parse '\''x'\'' as root ID (see '\''btfx dump --help'\'')' dump base format c root_id x -o header.h
fails 'none/header.h: cannot create a temporary file beside it: No such file or directory' dump base -o none/header.h
fails 'base: --output would overwrite the input base' dump base -o base
fails 'base: --output would overwrite the input base' dump "$DATA/modules/dummy.ko.xz" -B base -o base
"$BTFX" dump base format c name list_head -o header.h
[[ $(head -1 header.h) == '#ifndef __VMLINUX_H__' && $(stat -c %a header.h) == 640 ]]
