#!/usr/bin/env bash
# examples/inventory.sh counts the modules of directories and packages, and stops at one without BTF.
set -eu
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p lib/modules
cp "$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz" "$DATA/out-of-tree/demo-distilled.ko" lib/modules/
tar -cf package.tar lib
[[ $("$root/examples/inventory.sh" package.tar) == \
  "distilled: package.tar:lib/modules/demo-distilled.ko base of 366 bytes
2 split, 1 distilled, 0 standalone, 0 without BTF; 258 types in 9464 bytes" ]]
command -v objcopy >/dev/null || { echo "objcopy is not installed"; exit 77; }
objcopy -R .BTF -R .BTF.base "$DATA/out-of-tree/demo-distilled.ko" lib/modules/bare.ko
status=0
"$root/examples/inventory.sh" lib >out || status=$?
[[ $status == 1 ]]
grep -qx 'no BTF:    lib/modules/bare.ko' out
