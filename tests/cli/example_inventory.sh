#!/usr/bin/env bash
# examples/inventory.sh counts the modules of directories and packages, and stops at one without BTF.
. "$(dirname "$0")/lib.sh"
need objcopy
mkdir -p lib/modules
cp "$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz" "$DATA/out-of-tree/demo-distilled.ko" lib/modules/
tar -cf package.tar lib
same 'distilled: package.tar:lib/modules/demo-distilled.ko base of 366 bytes
2 split, 1 distilled, 0 standalone, 0 without BTF; 258 types in 9464 bytes' "$("$root/examples/inventory.sh" package.tar)"
objcopy -R .BTF -R .BTF.base "$DATA/out-of-tree/demo-distilled.ko" lib/modules/bare.ko
expect 1 "$root/examples/inventory.sh" lib
has out -x 'no BTF:    lib/modules/bare.ko'
