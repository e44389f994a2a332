#!/usr/bin/env bash
# A directory that cannot be read does not hide the modules beside it.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p tree/b tree/z
cp "$DATA/modules/tun.ko.xz" tree/b/
cp "$DATA/modules/dummy.ko.xz" tree/z/
# Nobody can open this by its path, not even root: it is too long.
name=$(printf 'n%.0s' {1..200})
(
  mkdir tree/deep && cd tree/deep
  for _ in {1..25}; do mkdir "$name" && cd -P "$name"; done
)
status=0
"$BTFX" distill tree -B "$DATA/vmlinux-6.12.115.btf.xz" >out 2>err || status=$?
[[ $status == 2 ]]
[[ $(awk 'NR == 2 || NR == 3 { print $6 }' out) == $'tree/b/tun.ko.xz\ntree/z/dummy.ko.xz' ]]
grep -qx '2 of 3 modules can be distilled' out
grep -qx 'btfx: error: tree/deep/[n/]*: cannot read the directory: File name too long' err
[[ $(wc -l <err) == 1 ]]
