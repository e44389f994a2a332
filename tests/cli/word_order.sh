#!/usr/bin/env bash
# The spellings that users of bpftool know, and those of other tools, mean the same.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko

"$BTFX" dump file tun.ko -B base.btf >wanted
grep -q "^\[112749\] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=11$" wanted
same() { # WANTED ARGUMENT...
  local wanted=$1
  shift
  "$BTFX" "$@" | cmp - "$wanted" || { echo "btfx $*: differs" >&2; exit 1; }
}
same wanted dump tun.ko -B base.btf
same wanted dump -B base.btf file tun.ko
same wanted -B base.btf dump file tun.ko
same wanted --base-btf base.btf dump file tun.ko format raw
same wanted dump file --base-btf=base.btf tun.ko
same wanted dump file tun.ko -B base.btf fo raw unsorted
same wanted dump -Bbase.btf -- tun.ko format raw
same wanted dump -B base.btf - <tun.ko

"$BTFX" -j dump file tun.ko -B base.btf >wanted.json
grep -q '^{"types":\[{"id":112749,"kind":"ENUM",' wanted.json
same wanted.json dump -j tun.ko -B base.btf
same wanted.json dump file tun.ko -B base.btf format json
same wanted.json -B base.btf dump file tun.ko --json

"$BTFX" -p dump tun.ko -B base.btf >wanted.pretty
same wanted.pretty -j -p dump tun.ko -B base.btf
same wanted.pretty dump tun.ko --pretty -B base.btf

# A file that is called like a word or a command.
cp base.btf file && cp base.btf list
same <("$BTFX" dump base.btf) dump file file
same <("$BTFX" dump base.btf) dump list
