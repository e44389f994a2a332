#!/usr/bin/env bash
# No more memory is asked for than an input can need; one that needs more than there is does not stop the others.
# label: slow
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$DATA/out-of-tree/demo-distilled.ko" .

# The end of an xz stream read as a size would be 1.5 GB; such images have none there.
kernel=$DATA/vmlinux-6.12.115.btf.xz
{
  printf '\x27\x05\x19\x56\0\0\0\0\0\0\0\0'
  printf '%08x' "$(stat -c %s "$kernel")" | sed 's/../\\x&/g' | xargs -0 printf '%b'
  head -c 48 /dev/zero
  cat "$kernel"
} >u-boot.img
(ulimit -v 1000000 && "$BTFX" list u-boot.img demo-distilled.ko >out)
[[ $(awk 'NR > 1 { print $1, $7, $10, $13 }' out) == $'112748 standalone U-Boot-image,xz u-boot.img\n46 distilled - demo-distilled.ko' ]]

head -c 400M /dev/zero | xz -0 >zeros.xz
for jobs in 1 2; do
  status=0
  (ulimit -v 300000 && "$BTFX" --jobs "$jobs" list zeros.xz demo-distilled.ko >out 2>err) || status=$?
  [[ $status == 2 ]]
  [[ $(cat err) == 'btfx: error: zeros.xz: needs more memory than there is' ]] || { cat err; exit 1; }
  [[ $(awk 'NR > 1 { print $7, $13 }' out) == 'distilled demo-distilled.ko' ]]
done
