#!/usr/bin/env bash
# The kernel that a module was built for is found among others, and named by its file when its release is not known.
. "$(dirname "$0")/lib.sh"
mkdir kernels
for release in 6.12.115 6.12.117; do xz -dc "$DATA/vmlinux-$release.btf.xz" >"kernels/$release.btf"; done
cp kernels/6.12.115.btf kernels/copy.btf  # the same kernel twice is one

btfx check "$DATA/modules" --find-base kernels >found.txt
same "$(find "$DATA/modules" -name '*.ko.xz' | wc -l)" "$(count found.txt "^kernels/6.12.115.btf ")"
contains "$(btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels -j)" \
  "{\"results\":[{\"module\":\"$DATA/out-of-tree/demo-split.ko\",\"fits\":[\"kernels/6.12.117.btf\"],"

rm kernels/6.12.117.btf
expect 1 btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels
has out '^none '
