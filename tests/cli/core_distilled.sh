#!/usr/bin/env bash
# Distilled modules are relocated onto each kernel, and answer as the same modules do undistilled, with any number of
# threads: what delivers results does not change what workers read.
# label: threads
source "$(dirname "$0")/lib.sh"

xz -dc "$old" >old.btf
mkdir split distilled
for module in tun veth dummy loop nf_nat raid0; do
  xz -dc "$DATA/modules/$module.ko.xz" >"split/$module.ko"
  for i in 1 2 3 4; do cp "split/$module.ko" "split/${module}_$i.ko"; done
done
cp split/*.ko distilled/
btfx distill distilled -B old.btf --in-place --strip-signature >/dev/null

expect 1 btfx -j --jobs 1 core "$DATA/bpf/probe.bpf.o" -B old.btf --modules split --search-all
cp out expected
for jobs in 1 2 4; do
  expect 1 btfx -j --jobs $jobs core "$DATA/bpf/probe.bpf.o" -B old.btf --modules distilled --search-all
  same_files expected out "$jobs jobs"
  assert ! -s err
done

# One that does not relocate is told with its section, and the others count.
cp "$DATA/modules/extcon-core.ko.xz" .
xz -d extcon-core.ko.xz
btfx distill extcon-core.ko -B old.btf --in-place --strip-signature >/dev/null
expect 2 btfx core "$DATA/bpf/probe.bpf.o" -B "$new" --modules extcon-core.ko distilled
same "btfx: error: extcon-core.ko: .BTF.base: does not relocate onto the given base: distilled base BTF type 'device_type' \
[14] is not mapped to base BTF id" "$(<err)"
