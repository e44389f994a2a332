#!/usr/bin/env bash
# label: slow
# dump -o writes what it would print, and leaves the file that is there alone when anything fails.
. "$(dirname "$0")/lib.sh"
cp "$old" base
for format in raw json c layout; do
  btfx dump base format "$format" >printed
  expect 0 btfx dump -o written base format "$format"
  same_files printed written
  same '' "$(<out)"
done
btfx -p dump base root_id 1 --output=written
same $'{\n    "types": [{' "$(head -2 written)"
btfx dump base root_id 1 -o - >out
same "[1] INT 'long unsigned int' size=8 bits_offset=0 nr_bits=64 encoding=(none)" "$(<out)"
assert ! -e ./-

# A struct that embeds itself is found when half of the header is written: STRUCT s { s m; } after INT int.
printf '\x9f\xeb\x01\x00\x18\0\0\0\0\0\0\0\x28\0\0\0\x28\0\0\0\x0a\0\0\0\x01\0\0\0\0\0\0\x01\x04\0\0\0\x20\0\0\x01' >cycle
printf '\x05\0\0\0\x01\0\0\x04\x04\0\0\0\x07\0\0\0\x02\0\0\0\0\0\0\0\0int\0s\0m\0\0' >>cycle
fails() { # MESSAGE ARGUMENT...
  expect 2 btfx "${@:2}"
  same '' "$(<out)"
  same "btfx: error: $1" "$(<err)"
  same old "$(cat header.h)"
  same "$files" "$(echo .* *)"
}
echo old >header.h
chmod 640 header.h
files=$(touch out err && echo .* *)
fails 'cycle: type 2: unsatisfiable type cycle' dump cycle format c -o header.h
fails 'none: cannot open: No such file or directory' dump none format c -o header.h
fails "can't parse 'x' as root ID (see 'btfx dump --help')" dump base format c root_id x -o header.h
fails 'none/header.h: cannot create a temporary file beside it: No such file or directory' dump base -o none/header.h
fails 'base: --output would overwrite the input base' dump base -o base
fails 'base: --output would overwrite the input base' dump "$DATA/modules/dummy.ko.xz" -B base -o base

# A name that matches nothing is a negative answer, and no reason to replace a file.
unmatched() { # MESSAGE ARGUMENT...
  expect 1 btfx dump base "${@:2}"
  same "btfx: warning: $1" "$(<err)"
}
unmatched "no type has a name like 'tsak_struct'; did you mean 'task_struct'?" format c name tsak_struct -o header.h
same 'old' "$(<header.h)$(<out)"
unmatched "no type has a name like 'nosuch_*'" format c name 'nosuch_*' name list_head -o header.h
same old "$(<header.h)"
unmatched "no type has a name like 'nosuch_name_at_all'" format c name nosuch_name_at_all
same '' "$(<out)"
unmatched "no type has a name like 'nosuch_name_at_all'" format json name nosuch_name_at_all
same '{"types":[]}' "$(<out)"
unmatched "no type of that kind has a name like 'list_head'" name list_head kind union
expect 1 btfx dump "$DATA/modules/dummy.ko.xz" -B base name list_head
same "btfx: warning: no type has a name like 'list_head'; the base has one, which is shown when the base itself is dumped" \
  "$(<err)"
expect 2 btfx dump "$new" -B base name list_head
has err 'it looks standalone: leave out -B$'

btfx dump base format c name list_head -o header.h
same '#ifndef __VMLINUX_H__' "$(head -1 header.h)"
same 640 "$(stat -c %a header.h)"
