#!/usr/bin/env bash
# A kernel that is split into RPM packages as Fedora's is, in both of rpm's formats: every command takes any of them, all, or
# their directory.
# label: slow
. "$(dirname "$0")/lib.sh"
need jq
pack=$build/tests/btfx_pack_rpm
[[ -x $pack ]] || skip "btfx_pack_rpm is not built"

kernel() { # RELEASE VMLINUX FORMAT DIRECTORY CORE-MODULE MODULE...
  local tree=$4.tree name below=lib/modules/$1
  mkdir -p "$4" "$tree/core/$below" "$tree/modules-core/$below/kernel/net" "$tree/modules/$below/kernel/drivers" "$tree/meta"
  cp "$2" "$tree/core/$below/vmlinuz"
  cp "$5" "$tree/modules-core/$below/kernel/net"
  cp "${@:6}" "$tree/modules/$below/kernel/drivers"
  for name in core modules-core modules; do
    "$pack" "$3" "kernel-$name" "${1%-amd64}-1" "$tree/$name" >"$4/kernel-$name.rpm"
  done
  "$pack" "$3" kernel "${1%-amd64}-1" "$tree/meta" kernel-core kernel-modules-core kernel-modules >"$4/kernel.rpm"
}
object=$DATA/bpf/fileage.bpf.o
for format in 4 6; do
  kernel 6.12.115+deb12-amd64 "$old" $format "old$format" "$DATA"/modules/{tun,veth,dummy}.ko.xz
  kernel 6.12.117+deb12-amd64 "$new" $format "new$format" "$DATA"/out-of-tree/demo-{split,distilled}.ko
  cd "old$format"
  before=../old$format after=../new$format
  for given in kernel.rpm kernel-core.rpm 'kernel.rpm kernel-core.rpm kernel-modules-core.rpm kernel-modules.rpm' .; do
    # shellcheck disable=SC2086
    expect 0 btfx check $given
    has out '3 ok$'
    same '' "$(<err)" "$given"
    # shellcheck disable=SC2086
    same 3 "$(btfx list $given -j | jq '[.results[] | select(.relation == "split")] | length')" "list $given"
    # shellcheck disable=SC2086
    expect 0 btfx relocate $given --from "$old" -B "$new" --dry-run
    has out '^3 modules: 3 relocate, 0 do not; nothing was written$'
    # shellcheck disable=SC2086
    expect 0 btfx core "$object" -B ${given// / -B } --summary
    has out 'loads on 1 of 1 kernel'
  done
  # One of the packages with modules stands for its own, on the kernel in the package beside it.
  expect 0 btfx check kernel-modules-core.rpm
  has out -x 'ok  *kernel-modules-core.rpm:lib/modules/6.12.115+deb12-amd64/kernel/net/tun.ko.xz'
  expect 0 btfx check kernel-modules.rpm
  has out '2 ok$'
  expect 0 btfx relocate kernel-modules.rpm --from . -B "$after" --dry-run
  has out '^2 modules: 2 relocate, 0 do not; nothing was written$'
  expect 1 btfx diff "$before" "$after" --stat
  has out '^None of 3 modules needs to be rebuilt.$'
  expect 1 btfx diff kernel-core.rpm kernel-modules-core.rpm kernel-modules.rpm "$after/kernel.rpm" "$after/kernel-core.rpm" \
    "$after/kernel-modules-core.rpm" "$after/kernel-modules.rpm" --stat
  has out '^None of 3 modules needs to be rebuilt.$'
  btfx dump kernel-modules.rpm format c -q -o ../header.h
  has ../header.h -x 'struct veth_priv {'

  # Alone.
  mkdir ../alone
  ln kernel-modules.rpm ../alone
  expect 2 btfx check ../alone
  has err 'kernel-modules.rpm: has no kernel image, and there is none of 6.12.115+deb12-amd64 beside it or installed: give the package with it (kernel-core of'
  same 1 "$(wc -l <err)"
  rm -r ../alone
  cd ..
done
