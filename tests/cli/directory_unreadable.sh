#!/usr/bin/env bash
# A directory that cannot be read does not hide the modules beside it.
. "$(dirname "$0")/lib.sh"
mkdir -p tree/b tree/z
cp "$DATA/modules/tun.ko.xz" tree/b/
cp "$DATA/modules/dummy.ko.xz" tree/z/
# Nobody can open this by its path, not even root: it is too long.
name=$(printf 'n%.0s' {1..200})
(
  mkdir tree/deep && cd tree/deep
  for _ in {1..25}; do mkdir "$name" && cd -P "$name"; done
)
expect 2 btfx distill tree -B "$old"
same $'tree/b/tun.ko.xz\ntree/z/dummy.ko.xz' "$(awk 'NR == 2 || NR == 3 { print $6 }' out)"
has out -x '2 modules can be distilled; nothing was written'
has err -x 'btfx: error: tree/deep/[n/]*: cannot read the directory: File name too long'
same 1 "$(wc -l <err)"
