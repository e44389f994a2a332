#!/usr/bin/env bash
# The spellings that users of bpftool know, and those of other tools, mean the same.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >base.btf
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko

btfx dump file tun.ko -B base.btf >wanted
has wanted "^\[112749\] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=11$"
gives() { btfx "${@:2}" | same_files "$1" - "btfx ${*:2}"; } # WANTED ARGUMENT...
gives wanted dump tun.ko -B base.btf
gives wanted dump -B base.btf file tun.ko
gives wanted -B base.btf dump file tun.ko
gives wanted --base-btf base.btf dump file tun.ko format raw
gives wanted dump file --base-btf=base.btf tun.ko
gives wanted dump file tun.ko -B base.btf fo raw unsorted
gives wanted dump -Bbase.btf -- tun.ko format raw
gives wanted dump -B base.btf - <tun.ko

btfx -j dump file tun.ko -B base.btf >wanted.json
has wanted.json '^{"types":\[{"id":112749,"kind":"ENUM",'
gives wanted.json dump -j tun.ko -B base.btf
gives wanted.json dump file tun.ko -B base.btf format json
gives wanted.json -B base.btf dump file tun.ko --json

btfx -p dump tun.ko -B base.btf >wanted.pretty
gives wanted.pretty -j -p dump tun.ko -B base.btf
gives wanted.pretty dump tun.ko --pretty -B base.btf

# A file that is called like a word or a command.
cp base.btf file && cp base.btf list
gives <(btfx dump base.btf) dump file file
gives <(btfx dump base.btf) dump list
