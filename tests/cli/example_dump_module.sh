#!/usr/bin/env bash
# examples/dump-module.sh dumps a packed module on a packed kernel, or one struct of it.
. "$(dirname "$0")/lib.sh"
"$root/examples/dump-module.sh" "$old" "$DATA/modules/tun.ko.xz" | same_files <(btfx dump -B "$old" "$DATA/modules/tun.ko.xz") -
"$root/examples/dump-module.sh" "$old" "$DATA/modules/tun.ko.xz" tun_struct |
  has - -E "^\[[0-9]+\] STRUCT 'tun_struct' size=[0-9]+ vlen=[0-9]+$"
expect 2 "$root/examples/dump-module.sh" "$old"
