#!/usr/bin/env bash
# A module of another kernel is left out with the evidence, and the exit status is 2; with nothing left, nothing is
# written.
. "$(dirname "$0")/lib.sh"

expect 2 btfx merge -B "$new" "$DATA/modules/tun.ko.xz" -o merged.btf
assert ! -e merged.btf
has err -E 'tun\.ko\.xz: .*(does not belong to this base|may have been built against another base)'
has err 'error: nothing could be merged, so nothing is written'

expect 2 btfx merge -B "$new" "$DATA/modules/tun.ko.xz" "$DATA/out-of-tree/demo-split.ko" -o merged.btf
btfx dump merged.btf | has - "'demo_"
