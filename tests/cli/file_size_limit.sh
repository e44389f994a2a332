#!/usr/bin/env bash
# Where files may not grow so large, that is an error like a full disk: the old files stay, and nothing is left beside them.
. "$(dirname "$0")/lib.sh"
mkdir modules
xz -dc "$DATA/modules/veth.ko.xz" >modules/veth.ko
cp modules/veth.ko before.ko
limited() { (ulimit -f 8 && btfx distill modules/veth.ko -B "$old" --strip-signature "$@"); }
expect 2 limited --in-place
same 'btfx: error: modules/veth.ko: cannot write: File too large' "$(<err)"
expect 2 limited -o modules/new.ko
same 'btfx: error: modules/new.ko: cannot write: File too large' "$(<err)"
same veth.ko "$(ls -A modules)"
same_files before.ko modules/veth.ko
