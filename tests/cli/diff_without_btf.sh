#!/usr/bin/env bash
# A module of the new kernel that has no BTF still exports its functions to others.
. "$(dirname "$0")/lib.sh"
need objcopy
mkdir before after
for module in nf_conntrack nf_nat; do xz -dc "$DATA/modules/$module.ko.xz" | tee "before/$module.ko" >"after/$module.ko"; done
objcopy --remove-section .BTF after/nf_conntrack.ko
expect 0 btfx diff before after --old-base "$old" --new-base "$old"
has out -x 'Safe: none of 2 modules needs to be rebuilt.'
# Without the module they are gone.
rm after/nf_conntrack.ko
expect 1 btfx diff before after --old-base "$old" --new-base "$old"
has out -x '1 of 2 modules needs to be rebuilt: nf_nat'
