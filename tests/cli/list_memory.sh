#!/usr/bin/env bash
# No more memory is asked for than an input can need; one that needs more than there is does not stop the others.
# label: slow
. "$(dirname "$0")/lib.sh"
cp "$DATA/out-of-tree/demo-distilled.ko" .

# The end of an xz stream read as a size would be 1.5 GB; such images have none there.
{
  printf '\x27\x05\x19\x56\0\0\0\0\0\0\0\0'
  printf '%08x' "$(stat -c %s "$old")" | sed 's/../\\x&/g' | xargs -0 printf '%b'
  head -c 48 /dev/zero
  cat "$old"
} >u-boot.img
limited() { (ulimit -v "$1" && btfx "${@:2}"); } # KILOBYTES ARGUMENT...
expect 0 limited 1000000 list u-boot.img demo-distilled.ko
same $'112748 standalone U-Boot-image,xz u-boot.img\n46 distilled - demo-distilled.ko' "$(awk 'NR > 1 { print $1, $7, $10, $13 }' out)"

head -c 400M /dev/zero | xz -0 >zeros.xz
for jobs in 1 2; do
  expect 2 limited 300000 --jobs "$jobs" list zeros.xz demo-distilled.ko
  same 'btfx: error: zeros.xz: needs more memory than there is' "$(<err)"
  same 'distilled demo-distilled.ko' "$(awk 'NR > 1 { print $7, $13 }' out)"
done
