#!/usr/bin/env bash
# A directory that is looked through for kernels and cannot be read is named; the others are listed nevertheless.
# label: slow
. "$(dirname "$0")/lib.sh"
cp "$DATA/out-of-tree/demo-distilled.ko" .
# Nobody can open this by its path, not even root: it is too long.
name=$(printf 'n%.0s' {1..200})
(
  mkdir tree && cd tree
  for _ in {1..25}; do mkdir "$name" && cd -P "$name"; done
)
expect 2 btfx list tree demo-distilled.ko
has err -x 'btfx: error: tree/[n/]*: cannot read the directory: File name too long'
same 1 "$(wc -l <err)"
same 'distilled demo-distilled.ko' "$(awk 'NR == 2 { print $7, $13 }' out)"
same 2 "$(wc -l <out)"

# Directories below one another may be more than can be open at once.
mkdir -p "deep$(printf '/d%.0s' {1..60})"
cp "$DATA/modules/dummy.ko.xz" "deep$(printf '/d%.0s' {1..60})"
limited() { (ulimit -n 24 && btfx "$@"); }
expect 0 limited list deep
has out 'split .* deep/d/.*/dummy.ko.xz$'
