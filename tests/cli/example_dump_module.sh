#!/usr/bin/env bash
# examples/dump-module.sh dumps a packed module on a packed kernel, or one struct of it.
set -eu
root=$(dirname "$(realpath "$0")")/../..
kernel=$DATA/vmlinux-6.12.115.btf.xz
"$root/examples/dump-module.sh" "$kernel" "$DATA/modules/tun.ko.xz" | cmp - <("$BTFX" dump -B "$kernel" "$DATA/modules/tun.ko.xz")
"$root/examples/dump-module.sh" "$kernel" "$DATA/modules/tun.ko.xz" tun_struct |
  grep -Eq "^\[[0-9]+\] STRUCT 'tun_struct' size=[0-9]+ vlen=[0-9]+$"
status=0
"$root/examples/dump-module.sh" "$kernel" 2>/dev/null || status=$?
[[ $status == 2 ]]
