#!/usr/bin/env bash
# A struct that only a module has: found with the module and the module named, a failure without it; ids that two modules
# give are ambiguous. Modules are taken from a directory as well, and used with the kernel that they belong to.
. "$(dirname "$0")/lib.sh"
object=$DATA/bpf/conntrack.bpf.o
conntrack=$DATA/modules/nf_conntrack.ko.xz

expect 1 btfx core "$object" -B "$old"
cp out without
has without '  insn 0  byte_off  nf_conntrack_l4proto.l4proto  0  poison '
has without '^      no struct nf_conntrack_l4proto in vmlinux$'
has without ': loads on 0 of 1 kernel; '

btfx core "$object" -B "$old" --modules "$conntrack" >with
has with '  insn 0  byte_off  nf_conntrack_l4proto.l4proto  0  same  nf_conntrack \[112760\] '
has with '^      warning: the id is one of module nf_conntrack, which the instruction cannot tell$'
has with ': loads on 1 of 1 kernel; .*; 1 warning$'
btfx core "$object" --modules "$conntrack" -B "$old" | same_files with -

# Of all modules two have it.
expect 1 btfx core "$object" -B "$old" --modules "$DATA/modules"
has out 'differ in target_type_id: struct nf_conntrack_l4proto \[112760\] in nf_conntrack is 112760, struct .* in nf_nat'

# On the kernel that it does not belong to it is not used.
expect 1 btfx core "$object" -B "$old" -B "$new" --modules "$conntrack"
cp out two
has two '^  byte_off *nf_conntrack_l4proto.l4proto  *0  *poison$'
has two ': loads on 1 of 2 kernels; '
expect 2 btfx core "$object" -B "$new" --modules "$conntrack"
has err 'nf_conntrack.ko.xz: .BTF: '

# A directory that a base is given as brings its modules along.
mkdir -p tree/boot tree/kernel
xz -dc "$old" >tree/boot/vmlinux
cp "$conntrack" tree/kernel/
btfx core "$object" -B tree | has - ' nf_conntrack \[112760\]'

# The modules of a tree are read where its kernel does not have what is asked for, and -v says so.
mkdir -p tree/lib/modules/6.12.115+deb12-amd64/kernel
cp "$old" tree/lib/modules/6.12.115+deb12-amd64/vmlinuz
cp "$conntrack" tree/lib/modules/6.12.115+deb12-amd64/kernel
expect 0 btfx core "$object" -B tree -v
has out ': loads on 1 of 1 kernel; '
has err -x 'btfx: note: tree: its modules are read: objects ask for what its vmlinux lacks'
expect 0 btfx core "$DATA/bpf/fileage.bpf.o" -B tree -v
has_not err 'modules are read'
