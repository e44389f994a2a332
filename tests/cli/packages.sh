#!/usr/bin/env bash
# A kernel that is split into packages: whichever of them is given stands for all, and a missing one is one line.
. "$(dirname "$0")/lib.sh"
need dpkg-deb jq
release=6.12.115+deb12-amd64
package() { # NAME [DEPENDS]: from the tree NAME
  mkdir -p "$1/DEBIAN"
  printf 'Package: %s\nVersion: 1-1\nArchitecture: amd64\nMaintainer: x <x@example.org>\nDescription: x\n' "$1" >"$1/DEBIAN/control"
  [[ -z ${2-} ]] || printf 'Depends: %s\n' "$2" >>"$1/DEBIAN/control"
  (cd "$1" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | xargs -0r md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -b "$1" packages >/dev/null
}
mkdir packages
modules=linux-modules-$release/usr/lib/modules/$release
image=linux-binary-$release/usr/lib/modules/$release
mkdir -p "$modules/kernel/net" "$image" "linux-image-$release"
cp "$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz" "$modules/kernel/net"
cp "$old" "$image/vmlinuz"
package "linux-modules-$release"
package "linux-binary-$release"
package "linux-image-$release" "linux-binary-$release (= 1-1), linux-modules-$release (= 1-1)"
cd packages
mv linux-modules-*.deb modules.deb
mv linux-binary-*.deb binary.deb
mv linux-image-*.deb image.deb

for given in modules.deb image.deb binary.deb . 'modules.deb binary.deb' 'modules.deb -B binary.deb' 'modules.deb -B image.deb'; do
  # shellcheck disable=SC2086
  expect 0 btfx check $given
  has out -x '2 ok\|.*: 2 ok'
  has out "modules.deb:usr/lib/modules/$release/kernel/net/tun.ko.xz"
done
for given in image.deb . 'modules.deb binary.deb'; do
  # shellcheck disable=SC2086
  same 3 "$(btfx list $given -j | jq '.results | length')" "list $given"
done
# A name that was printed is a source.
name=modules.deb:usr/lib/modules/$release/kernel/net/tun.ko.xz
same_files <(btfx dump "$DATA/modules/tun.ko.xz" -B "$old") <(btfx dump "$name")
same_files <(btfx extract "$old") <(btfx extract "binary.deb:usr/lib/modules/$release/vmlinuz")
expect 0 btfx diff image.deb modules.deb
expect 0 btfx dump image.deb kind float

# Alone, each says in one line what is missing.
mkdir alone
ln modules.deb image.deb alone
rm binary.deb
expect 2 btfx check modules.deb
same 1 "$(wc -l <err)"
contains "$(<err)" "modules.deb: has no kernel image, and there is none of $release beside it or installed: give the package \
with it (linux-binary-$release or linux-image-$release), or a vmlinux, with -B"
rm alone/modules.deb
expect 2 btfx check alone/image.deb
same "btfx: error: alone/image.deb: has neither a kernel image nor modules, and depends on the packages that have: give \
linux-binary-$release and linux-modules-$release (1-1)" "$(<err)"
