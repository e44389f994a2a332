#!/usr/bin/env bash
# examples/dkms-distill.sh distills what can be distilled, twice if need be, and leaves the rest alone.
set -eu
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
export BTFX
cp "$DATA/out-of-tree/demo-split.ko" demo.ko
run() { kernelver=6.12.117 BTFX_BASE=$DATA/vmlinux-6.12.117.btf.xz "$root/examples/dkms-distill.sh"; }
run >/dev/null
"$BTFX" extract demo.ko --section .BTF.base -o base
"$BTFX" extract "$DATA/out-of-tree/demo-distilled.ko" --section .BTF.base | cmp - base
[[ $(run) == './demo.ko: distilled already' ]]
[[ $(kernelver=0.0.0-none "$root/examples/dkms-distill.sh") == \
  'dkms-distill: no BTF of kernel 0.0.0-none is at hand; modules are left as they are' ]]
