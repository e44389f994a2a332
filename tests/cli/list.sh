#!/usr/bin/env bash
# Directories, packages and files are listed one line each, for grep and awk; the columns add up with the JSON.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p tree/a tree/b
cp "$DATA/modules/tun.ko.xz" tree/b/
cp "$DATA/out-of-tree/demo-distilled.ko" tree/a/
"$BTFX" list tree >out
[[ $(wc -l <out) == 3 ]]
[[ $(sed -n 2p out | awk '{print $1, $3, $4, $7, $9, $10, $11, $13}') == "46 1441 366 distilled module - 6.12.117+deb12-amd64 tree/a/demo-distilled.ko" ]]
[[ $(sed -n 3p out | awk '{print $1, $3, $4, $7, $9, $10, $11, $13}') == "114 4389 - split module xz 6.12.115+deb12-amd64 tree/b/tun.ko.xz" ]]

tar -cf package.tar tree
"$BTFX" list package.tar >out
[[ $(awk 'NR > 1 {print $NF}' out | sort | paste -sd' ') == "package.tar:tree/a/demo-distilled.ko package.tar:tree/b/tun.ko.xz" ]]

# Every line has as many columns as the header.
"$BTFX" list "$DATA/modules" "$DATA/out-of-tree" >out
[[ $(awk '{print NF}' out | sort -u) == 13 ]]
# Names that would confuse a terminal or a script are written so that they do not.
cp "$DATA/out-of-tree/demo-split.ko" $'new\nline.ko'
[[ $("$BTFX" list $'new\nline.ko' | tail -n 1) == *' new\x0aline.ko' ]]

# A file without BTF is listed, too, and is no error.
if command -v objcopy >/dev/null; then
  objcopy -R .BTF "$DATA/out-of-tree/demo-split.ko" bare.ko
  [[ $("$BTFX" list bare.ko | awk 'NR == 2 {print $1, $2, $3, $7, $8, $9}') == "- - - none - module" ]]
fi
# A cut-off BTF says what is wrong where.
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" | head -c 1000000 >cut.btf
status=0
"$BTFX" list cut.btf tree/a/demo-distilled.ko >out 2>err || status=$?
[[ $status == 2 && $(wc -l <out) == 2 ]]
grep -q '^btfx: error: cut.btf: .*strings end at .* after the header, but only 999976 bytes are there$' err
