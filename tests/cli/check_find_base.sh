#!/usr/bin/env bash
# The kernel that a module was built for is found among others, and named by its file when its release is not known.
. "$(dirname "$0")/lib.sh"
mkdir kernels
for release in 6.12.115 6.12.117; do xz -dc "$DATA/vmlinux-$release.btf.xz" >"kernels/$release.btf"; done
cp kernels/6.12.115.btf kernels/copy.btf  # the same kernel twice is one

btfx check "$DATA/modules" --find-base kernels -v >found.txt 2>notes
same "$(find "$DATA/modules" -name '*.ko.xz' | wc -l)" "$(count found.txt "^kernels/6.12.115.btf ")"
# While all belong to the same kernel, the count says it.
same "kernels/6.12.115.btf: $(count found.txt '^kernels/6.12.115.btf ') ok" "$(btfx check "$DATA/modules" --find-base kernels | head -n 1)"
contains "$(btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels -j)" \
  "{\"results\":[{\"module\":\"$DATA/out-of-tree/demo-split.ko\",\"fits\":[\"kernels/6.12.117.btf\"],"

rm kernels/6.12.117.btf
expect 1 btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels
has out '^none '

# Files that are called like the release come first, and the rest is not read once they fit. What cannot hold a kernel
# is none: modules, their BTF, and packages without a kernel image.
xz -dc "$DATA/vmlinux-6.12.117.btf.xz" >kernels/6.12.117+deb12-amd64.btf
cp "$DATA/modules/tun.ko.xz" kernels
btfx extract "$DATA/modules/tun.ko.xz" -o kernels/tun.btf
tar -cf kernels/other.tar "$DATA/README.md" 2>tar.log
expect 0 btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels -v
has out '^kernels/6.12.117+deb12-amd64.btf '
has err -x 'btfx: note: kernels: looked at 1 of 4 files that may be kernels'
# One that is called so and does not fit is not the answer.
mv kernels/6.12.117+deb12-amd64.btf kernels/right.btf
cp kernels/6.12.115.btf kernels/6.12.117+deb12-amd64.btf
expect 0 btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels
has out '^kernels/right.btf '

# A module that is not below kernel/ may have been built for another kernel than the one its path names, and an unreadable one
# says nothing of the others.
mkdir -p tree/lib/modules/6.12.115+deb12-amd64/{kernel,updates}
printf 'no module' >tree/lib/modules/6.12.115+deb12-amd64/kernel/a.ko
cp "$DATA/modules/tun.ko.xz" tree/lib/modules/6.12.115+deb12-amd64/kernel
cp "$DATA/out-of-tree/demo-split.ko" tree/lib/modules/6.12.115+deb12-amd64/updates
mkdir two && cp kernels/6.12.115.btf two/6.12.115+deb12-amd64.btf && cp kernels/right.btf two
expect 2 btfx check tree --find-base two
has out '^two/6.12.115+deb12-amd64.btf  *tree/.*/kernel/tun.ko.xz'
has out '^two/right.btf  *tree/.*/updates/demo-split.ko'

# What could not be looked into is said. Nobody can open this by its path, not even root: it is too long.
name=$(printf 'n%.0s' {1..200})
(
  mkdir kernels/deep && cd kernels/deep
  for _ in {1..25}; do mkdir "$name" && cd -P "$name"; done
)
expect 0 btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels
same 'btfx: warning: kernels: 1 of what is below it could not be read, and may be the base; -v lists them' "$(<err)"
expect 0 btfx check "$DATA/out-of-tree/demo-split.ko" --find-base kernels -v
has err 'btfx: note: kernels/deep/n.*: cannot read the directory: File name too long'
