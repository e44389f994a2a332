#!/usr/bin/env bash
# Directories, packages and files are listed one line each, for grep and awk; the columns add up with the JSON.
. "$(dirname "$0")/lib.sh"
need objcopy
mkdir -p tree/a tree/b
cp "$DATA/modules/tun.ko.xz" tree/b/
cp "$DATA/out-of-tree/demo-distilled.ko" tree/a/
btfx list tree >out
same 3 "$(wc -l <out)"
same "46 1441 366 distilled module - 6.12.117+deb12-amd64 tree/a/demo-distilled.ko" "$(sed -n 2p out | awk '{print $1, $3, $4, $7, $9, $10, $11, $13}')"
same "114 4389 - split module xz 6.12.115+deb12-amd64 tree/b/tun.ko.xz" "$(sed -n 3p out | awk '{print $1, $3, $4, $7, $9, $10, $11, $13}')"

tar -cf package.tar tree
btfx list package.tar >out
same "package.tar:tree/a/demo-distilled.ko package.tar:tree/b/tun.ko.xz" "$(awk 'NR > 1 {print $NF}' out | sort | paste -sd' ')"

# Every line has as many columns as the header.
btfx list "$DATA/modules" "$DATA/out-of-tree" >out
same 13 "$(awk '{print NF}' out | sort -u)"
# Names that would confuse a terminal or a script are written so that they do not.
cp "$DATA/out-of-tree/demo-split.ko" $'new\nline.ko'
btfx list $'new\nline.ko' | tail -n 1 | has - ' new\\x0aline\.ko$'

# A file without BTF is listed, too, and is no error.
objcopy -R .BTF "$DATA/out-of-tree/demo-split.ko" bare.ko
same "- - - none - module" "$(btfx list bare.ko | awk 'NR == 2 {print $1, $2, $3, $7, $8, $9}')"
# A cut-off BTF says what is wrong where.
xz -dc "$old" >whole.btf
head -c 1000000 whole.btf >cut.btf
expect 2 btfx list cut.btf tree/a/demo-distilled.ko
same 2 "$(wc -l <out)"
has err '^btfx: error: cut.btf: .*strings end at .* after the header, but only 999976 bytes are there$'
