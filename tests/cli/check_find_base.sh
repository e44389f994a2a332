#!/usr/bin/env bash
# The kernel that a module was built for is found among others, and named by its file when its release is not known.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir "$work/kernels"
for release in 6.12.115 6.12.117; do xz -dc "$DATA/vmlinux-$release.btf.xz" >"$work/kernels/$release.btf"; done
cp "$work/kernels/6.12.115.btf" "$work/kernels/copy.btf"  # the same kernel twice is one

"$BTFX" check "$DATA/modules" --find-base "$work/kernels" >"$work/found.txt"
[[ $(grep -c "^$work/kernels/6.12.115.btf " "$work/found.txt") == "$(find "$DATA/modules" -name '*.ko.xz' | wc -l)" ]]
[[ $("$BTFX" check "$DATA/out-of-tree/demo-split.ko" --find-base "$work/kernels" -j) == \
  "{\"results\":[{\"module\":\"$DATA/out-of-tree/demo-split.ko\",\"fits\":[\"$work/kernels/6.12.117.btf\"],"* ]]

rm "$work/kernels/6.12.117.btf"
status=0
"$BTFX" check "$DATA/out-of-tree/demo-split.ko" --find-base "$work/kernels" >"$work/none.txt" || status=$?
[[ $status == 1 ]]
grep -q '^none ' "$work/none.txt"
