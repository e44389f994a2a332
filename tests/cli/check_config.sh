#!/usr/bin/env bash
# A kernel that is built to load modules without the BTF that it refuses: its configuration, beside it, tells.
. "$(dirname "$0")/lib.sh"
need jq
mkdir kernel
xz -dc "$new" >kernel/vmlinux
said='loads without its BTF'
expect 1 btfx check "$DATA/modules/tun.ko.xz" -B kernel
has_not out "$said"
printf 'CONFIG_X=y\nCONFIG_MODULE_ALLOW_BTF_MISMATCH=y\n' >kernel/.config
expect 1 btfx check "$DATA/modules/tun.ko.xz" "$DATA/modules/dummy.ko.xz" -B kernel
has out "^mismatch  *.*/tun\.ko\.xz: $said: built for "
has out '^mismatch  *.*/dummy\.ko\.xz: built for ' # whose wrong BTF the kernel does not notice
has out -x '1 module loads without its BTF: the kernel is built with MODULE_ALLOW_BTF_MISMATCH'
expect 1 btfx check "$DATA/modules/tun.ko.xz" -B kernel -j
same '[true,"note","the module loads without its BTF: the kernel is built with MODULE_ALLOW_BTF_MISMATCH ('"$work"'/kernel/.config)",1]' "$(
  jq -c '(.results[0].checks[0] | .loads_without, (.findings[] | select(.code == "loads-without") | .severity, .text)),
    .summary.bases[0].loads_without' out | jq -sc .)"
# Not where it is off, nor where nothing is refused.
printf '# CONFIG_MODULE_ALLOW_BTF_MISMATCH is not set\n' >kernel/.config
expect 1 btfx check "$DATA/modules/tun.ko.xz" -B kernel
has_not out "$said"
printf 'CONFIG_MODULE_ALLOW_BTF_MISMATCH=y\n' >kernel/.config
expect 0 btfx check "$DATA/out-of-tree/demo-split.ko" -B kernel
has_not out "$said"
