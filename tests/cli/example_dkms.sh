#!/usr/bin/env bash
# examples/dkms-distill.sh distills what can be distilled, twice if need be, and leaves the rest alone.
. "$(dirname "$0")/lib.sh"
cp "$DATA/out-of-tree/demo-split.ko" demo.ko
run() { kernelver=6.12.117 BTFX_BASE=$new "$root/examples/dkms-distill.sh"; }
run >/dev/null
same_files <(btfx extract "$DATA/out-of-tree/demo-distilled.ko" --section .BTF.base) <(btfx extract demo.ko --section .BTF.base)
same './demo.ko: distilled already' "$(run)"
same 'dkms-distill: no BTF of kernel 0.0.0-none is at hand; modules are left as they are' \
  "$(kernelver=0.0.0-none "$root/examples/dkms-distill.sh")"
