#!/usr/bin/env bash
# A struct that only a module has: found with the module and the module named, a failure without it; ids that two modules
# give are ambiguous. Modules are taken from a directory as well, and used with the kernel that they belong to.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
object=$DATA/bpf/conntrack.bpf.o
own=$DATA/vmlinux-6.12.115.btf.xz
next=$DATA/vmlinux-6.12.117.btf.xz
conntrack=$DATA/modules/nf_conntrack.ko.xz

"$BTFX" core "$object" -B "$own" >"$work/without"
grep -q '  insn 0  byte_off  nf_conntrack_l4proto.l4proto  0  poison ' "$work/without"
grep -q '^      no struct nf_conntrack_l4proto in vmlinux$' "$work/without"
grep -q ': loads on 0 of 1 kernel; ' "$work/without"

"$BTFX" core "$object" -B "$own" --modules "$conntrack" >"$work/with"
grep -q '  insn 0  byte_off  nf_conntrack_l4proto.l4proto  0  same  nf_conntrack \[112760\] ' "$work/with"
grep -q '^      warning: the id is one of module nf_conntrack, which the instruction cannot tell$' "$work/with"
grep -q ': loads on 1 of 1 kernel; 1 warning$' "$work/with"
"$BTFX" core "$object" --modules "$conntrack" -B "$own" | cmp - "$work/with"

# Of all modules two have it.
status=0
"$BTFX" core "$object" -B "$own" --modules "$DATA/modules" >"$work/all" || status=$?
[[ $status == 1 ]]
grep -q 'differ in target_type_id: struct nf_conntrack_l4proto \[112760\] in nf_conntrack is 112760, struct .* in nf_nat' "$work/all"

# On the kernel that it does not belong to it is not used.
"$BTFX" core "$object" -B "$own" -B "$next" --modules "$conntrack" >"$work/two"
grep -q '^  byte_off *nf_conntrack_l4proto.l4proto  *0  *poison$' "$work/two"
grep -q ': loads on 1 of 2 kernels; ' "$work/two"
status=0
"$BTFX" core "$object" -B "$next" --modules "$conntrack" >/dev/null 2>"$work/errors" || status=$?
[[ $status == 2 ]]
grep -q 'nf_conntrack.ko.xz: .BTF: ' "$work/errors"

# A directory that a base is given as brings its modules along.
mkdir -p "$work/tree/boot" "$work/tree/kernel"
xz -dc "$own" >"$work/tree/boot/vmlinux"
cp "$conntrack" "$work/tree/kernel/"
"$BTFX" core "$object" -B "$work/tree" | grep -q ' nf_conntrack \[112760\]'
