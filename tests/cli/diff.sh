#!/usr/bin/env bash
# Two kernels are compared: the struct that grew is found, with the one module that it hurts; equal inputs are equal.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
cd "$work"
status_of() { # COMMAND...: prints its exit status; output goes to out and err
  local status=0
  "$@" >out 2>err || status=$?
  echo "$status"
}

# The answer is on the first screen.
[[ $(status_of "$BTFX" diff "$old" "$new") == 1 && ! -s err ]]
head -n 24 out >screen
grep -qx '44 changes: 7 layout, 19 signature, 18 compatible (28 changed, 14 added, 2 removed)' screen
grep -qx '  layout     struct device_type  *48 -> 56 bytes, member need_parent_lock added at the end' screen
grep -qx -- '+	bool need_parent_lock;  */\*    48     1 \*/' out

# What the modules depend on, and which of them must be rebuilt.
[[ $(status_of "$BTFX" diff "$old" "$new" --affects "$DATA/modules") == 1 && ! -s err ]]
grep -qx '1 of 22 modules needs to be rebuilt: extcon-core' out
grep -qx '   must be rebuilt: extcon-core (embedded: member-size)' out
[[ $(grep -c '^@@' out) == 1 ]]
[[ $(status_of "$BTFX" diff "$old" "$new" --affects "$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz") == 0 ]]
grep -qx 'Safe: none of 2 modules needs to be rebuilt.' out
grep -qx 'No differences of those asked for.' out

# Equal, whatever the byte order.
[[ $(status_of "$BTFX" diff "$old" "$old") == 0 ]]
grep -qx 'No differences.' out
"$BTFX" extract "$old" --byte-order big -o big.btf
[[ $(status_of "$BTFX" diff "$old" big.btf) == 0 ]]
