#!/usr/bin/env bash
# Two kernels are compared: the struct that grew is found, with the one module that it hurts; equal inputs are equal.
. "$(dirname "$0")/lib.sh"
# The answer is on the first screen.
expect 1 btfx diff "$old" "$new"
same '' "$(<err)"
head -n 24 out >screen
has screen -x '44 changes: 7 layout, 19 signature, 18 compatible (28 changed, 14 added, 2 removed)'
has screen -x '  layout     struct device_type  *48 -> 56 bytes, member need_parent_lock added at the end'
has out -x '+	bool need_parent_lock;  */\*    48     1 \*/'

# What the modules depend on, and which of them must be rebuilt.
expect 1 btfx diff "$old" "$new" --affects "$DATA/modules"
same '' "$(<err)"
has out -x '1 of 22 modules needs to be rebuilt: extcon-core'
has out -x '   must be rebuilt: extcon-core (embedded: member-size)'
same 1 "$(count out '^@@')"
expect 0 btfx diff "$old" "$new" --affects "$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz"
has out -x 'Safe: none of 2 modules needs to be rebuilt.'
has out -x 'No differences of those asked for.'

# Equal, whatever the byte order.
expect 0 btfx diff "$old" "$old"
has out -x 'No differences.'
btfx extract "$old" --byte-order big -o big.btf
expect 0 btfx diff "$old" big.btf
