#!/usr/bin/env bash
# A kernel that is built to load modules without the BTF that it refuses: its configuration, beside it, tells.
. "$(dirname "$0")/lib.sh"
mkdir kernel
xz -dc "$new" >kernel/vmlinux
said='is built with MODULE_ALLOW_BTF_MISMATCH'
expect 1 btfx check "$DATA/modules/tun.ko.xz" -B kernel
has_not err "$said"
printf 'CONFIG_X=y\nCONFIG_MODULE_ALLOW_BTF_MISMATCH=y\n' >kernel/.config
expect 1 btfx check "$DATA/modules/tun.ko.xz" "$DATA/modules/dummy.ko.xz" -B kernel
same 1 "$(count err "$said")"
has err 'kernel/vmlinux: is built with MODULE_ALLOW_BTF_MISMATCH (.*kernel/.config), so that it loads a module whose BTF it refuses, without that BTF'
# Not where it is off, nor where nothing is refused.
printf '# CONFIG_MODULE_ALLOW_BTF_MISMATCH is not set\n' >kernel/.config
expect 1 btfx check "$DATA/modules/tun.ko.xz" -B kernel
has_not err "$said"
printf 'CONFIG_MODULE_ALLOW_BTF_MISMATCH=y\n' >kernel/.config
expect 0 btfx check "$DATA/out-of-tree/demo-split.ko" -B kernel
has_not err "$said"
