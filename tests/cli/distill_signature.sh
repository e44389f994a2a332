#!/usr/bin/env bash
# A signed module is refused, unless the signature is to be dropped.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
base=$DATA/vmlinux-6.12.117.btf.xz
cp "$DATA/out-of-tree/demo-split.ko" plain.ko
"$BTFX" distill plain.ko -B "$base" -o wanted.ko
{
  cat plain.ko
  head -c 300 /dev/zero
  printf '\0\0\2\0\0\0\0\0\0\0\001\054~Module signature appended~\n'
} >signed.ko
cp signed.ko before.ko

status=0
"$BTFX" distill signed.ko -B "$base" --in-place >/dev/null 2>err || status=$?
[[ $status == 2 ]]
[[ $(<err) == "btfx: error: signed.ko: is signed, and any change makes the signature wrong: use --strip-signature, and \
sign it again" ]]
cmp signed.ko before.ko
# What does not change the module works.
"$BTFX" distill signed.ko -B "$base" --output-dir sidecars >/dev/null
"$BTFX" -j distill signed.ko -B "$base" | grep -q '"signed":true'

"$BTFX" distill signed.ko -B "$base" --in-place --strip-signature >/dev/null
cmp signed.ko wanted.ko
