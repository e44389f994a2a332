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
  expect 0 btfx check $given -v
  has out -x '2 ok\|.*: 2 ok'
  has out "^ok .*modules.deb:usr/lib/modules/$release/kernel/net/tun.ko.xz"
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

# Progress has a total, which the list of files in the package tells.
expect 0 btfx list image.deb --progress always
has err ' 1/3'

# Packages with modules alone, and directories, are all of their modules on the kernel: one header.
btfx dump modules.deb format c -o modules.h -q
words=()
while read -r name; do words+=(file "$name"); done < <(btfx list modules.deb -j | jq -r .results[].source)
same 4 "${#words[@]}"
btfx dump "${words[@]}" format c -o words.h -q
same_files words.h modules.h
for name in tun_struct veth_priv task_struct; do has modules.h -x "struct $name {"; done
same_files <(btfx dump "${words[@]}") <(btfx dump modules.deb)
same_files <(btfx dump "${words[@]}" -j) <(btfx dump modules.deb -j)
same_files <(btfx dump binary.deb kind float) <(btfx dump image.deb kind float)
mkdir tree && cp "$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz" tree
same_files <(btfx dump file tree/tun.ko.xz file tree/veth.ko.xz -B "$old") <(btfx dump tree -B "$old")
expect 2 btfx dump tree -B none format c
same 'btfx: error: tree/tun.ko.xz: is split BTF: name its base with -B' "$(<err)"

# Image and modules belong together wherever they lie, if both are given: as packages, as trees, and as files.
mkdir -p apart/modules apart/binary unpacked/modules unpacked/binary
ln modules.deb apart/modules && ln binary.deb apart/binary
dpkg-deb -x modules.deb unpacked/modules && dpkg-deb -x binary.deb unpacked/binary
cp -r unpacked/modules unpacked/both && cp -r unpacked/binary/usr unpacked/both
for given in apart/modules/modules.deb\ apart/binary/binary.deb apart/binary/binary.deb\ apart/modules/modules.deb \
  apart/modules\ apart/binary/binary.deb apart/modules/modules.deb\ unpacked/binary \
  unpacked/modules\ unpacked/binary unpacked/binary\ unpacked/modules unpacked/modules\ apart/binary/binary.deb \
  unpacked/both; do
  # shellcheck disable=SC2086
  expect 0 btfx check $given
  same '2 ok' "$(tail -n 1 out | grep -o '2 ok$')" "$given"
  same '' "$(<err)" "$given"
done

# Packages of two kernels are two sides, in whichever order.
cd ..
release=6.12.117+deb12-amd64
modules=linux-modules-$release/usr/lib/modules/$release
image=linux-binary-$release/usr/lib/modules/$release
mkdir -p "$modules/kernel/net" "$image"
cp "$DATA/out-of-tree/demo-split.ko" "$DATA/out-of-tree/demo-distilled.ko" "$modules/kernel/net"
cp "$new" "$image/vmlinuz"
mkdir new && cp -r packages old
for name in "linux-modules-$release" "linux-binary-$release"; do package "$name"; done
mv packages/linux-modules-*.deb new/modules.deb
mv packages/linux-binary-*.deb new/binary.deb
for given in 'old/binary.deb old/modules.deb new/binary.deb new/modules.deb' \
  'old/modules.deb new/modules.deb new/binary.deb old/binary.deb' 'old/modules.deb new/modules.deb'; do
  for more in --summary '--name device_type'; do
    # shellcheck disable=SC2086
    expect 1 btfx diff $given $more
    same '' "$(<err)" "$given"
    same '2 modules 2 modules' "$(sed -n 's/^[-+]* .*, \(.* modules\))$/\1/p' out | xargs)" "$given"
    has out '^--- old/'
    has out '^+++ new/'
    has out 'struct device_type .*48 -> 56 bytes'
  done
done
expect 2 btfx diff old/binary.deb new/binary.deb "$old"
has err "unexpected argument '$old': modules to be judged follow --affects, more than two kernels need --name or --history, and only"
# A single BTF is not a kernel with modules; how the kernels alone are compared is said.
expect 2 btfx diff "$old" new/binary.deb
same "btfx: error: 'new/binary.deb' has modules and '$old' is a single BTF: name the kernel image in it to compare that \
alone: new/binary.deb:usr/lib/modules/$release/vmlinuz" "$(<err)"
expect 1 btfx diff "$old" "new/binary.deb:usr/lib/modules/$release/vmlinuz" --stat
cd packages
release=6.12.115+deb12-amd64

# The packages of one kernel are one kernel.
expect 0 btfx core "$DATA/bpf/fileage.bpf.o" -B binary.deb -B modules.deb -B image.deb --summary
has out 'loads on 1 of 1 kernel'

# Alone, each says in one line what is missing.
mkdir alone
ln modules.deb image.deb alone
rm binary.deb
expect 2 btfx check modules.deb
same 1 "$(wc -l <err)"
contains "$(<err)" "modules.deb: has no kernel image, and there is none of $release beside it or installed: give the package \
with it (linux-binary-$release), or a vmlinux, with -B"
rm alone/modules.deb
expect 2 btfx check alone/image.deb
same "btfx: error: alone/image.deb: has neither a kernel image nor modules, and depends on the packages that have: give \
linux-binary-$release and linux-modules-$release (1-1)" "$(<err)"

expect 2 btfx core "$DATA/bpf/fileage.bpf.o" -B alone --summary
has err -x "btfx: error: alone/image.deb: has neither a kernel image nor modules, and depends on the packages that have: give \
linux-binary-$release and linux-modules-$release (1-1)"

# A package that is cut short, beside the modules that need it: each is one line, and no module is unpacked.
mkdir cut
ln modules.deb cut
head -c -1000 ../old/binary.deb >cut/binary.deb
expect 2 btfx check cut
same 'btfx: error: cut/binary.deb: package ends before it should' "$(sed -n 1p err)"
has err 'cut/modules.deb: has no kernel image, and there is none of'
same 2 "$(wc -l <err)"
# One kernel for all modules that cannot be read is one line, too.
expect 2 btfx check modules.deb -B cut/binary.deb
same 'btfx: error: cut/binary.deb: package ends before it should' "$(<err)"
# Modules that are in another package were not removed.
mkdir lone
ln ../old/binary.deb lone
for given in 'lone ../new' '../new lone'; do
  # shellcheck disable=SC2086
  expect 2 btfx diff $given --stat
  same "btfx: error: lone/binary.deb: has the kernel image of $release only: give the package with the modules too, or put it \
beside this one" "$(<err)"
done
mkdir empty
expect 2 btfx diff "$old" empty
same 'btfx: error: empty: directory has no kernel modules in it' "$(<err)"
expect 2 btfx diff cut/binary.deb "$old"
same 'btfx: error: cut/binary.deb: package ends before it should' "$(<err)"
expect 2 btfx merge tree -o merged.btf
same "btfx: error: tree/tun.ko.xz: is split BTF: name its base with -B
btfx: error: 1 more module, the same: is split BTF: name its base with -B (-v names them)
btfx: error: nothing could be merged, so nothing is written" "$(<err)"

# A kernel beside a chosen base is one too many.
mkdir kernel
xz -dc "$old" >kernel/vmlinux
expect 2 btfx distill kernel "$DATA/modules/dummy.ko.xz" -B "$old" --dry-run
has err 'kernel: directory has no kernel modules in it'
