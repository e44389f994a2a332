#!/usr/bin/env bash
# A signed module is refused, unless the signature is to be dropped.
. "$(dirname "$0")/lib.sh"
cp "$DATA/out-of-tree/demo-split.ko" plain.ko
btfx distill plain.ko -B "$new" -o wanted.ko
{
  cat plain.ko
  head -c 300 /dev/zero
  printf '\0\0\2\0\0\0\0\0\0\0\001\054~Module signature appended~\n'
} >signed.ko
cp signed.ko before.ko

expect 2 btfx distill signed.ko -B "$new" --in-place
same "btfx: error: signed.ko: is signed, and any change makes the signature wrong: use --strip-signature, and sign it again" \
  "$(<err)"
same_files before.ko signed.ko
# What does not change the module works.
btfx distill signed.ko -B "$new" --output-dir sidecars >/dev/null
btfx -j distill signed.ko -B "$new" | has - '"signed":true'

btfx distill signed.ko -B "$new" --in-place --strip-signature >/dev/null
same_files wanted.ko signed.ko
