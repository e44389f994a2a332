#!/usr/bin/env bash
# Directories and packages are kernels: their modules are paired by name, and judged.
# label: threads
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >vmlinux.btf
mkdir -p old/kernel new/other/place
for module in tun veth dummy; do cp "$DATA/modules/$module.ko.xz" old/kernel/; done
for module in loop tun; do cp "$DATA/modules/$module.ko.xz" new/other/place/; done
xz -dc "$DATA/modules/veth.ko.xz" >new/veth.ko
expect 1 btfx diff old new -B vmlinux.btf
same '' "$(<err)"
same_files - out <<'END'
--- old  (112972 types, 3 modules)
+++ new  (113057 types, 3 modules)
No differences in what both have.
Modules added (1): loop
Modules removed (1): dummy
Safe: none of 3 modules needs to be rebuilt.
END

# The same in a package, against the directory.
tar -cf old.tar old
expect 0 btfx diff old.tar old -B vmlinux.btf
same '' "$(<err)"
has out -x 'No differences.'

# One bad module does not stop the others.
head -c 20000 new/veth.ko >new/cut.ko
cp "$DATA/out-of-tree/demo-split.ko" new/foreign.ko
expect 2 btfx diff old new -B vmlinux.btf
same 2 "$(wc -l <err)"
has err '^btfx: error: new/foreign.ko: .BTF: '
has out -x 'Modules added (1): loop'

# A kernel is compared with a kernel; a directory without a kernel image says what to do.
expect 2 btfx diff old vmlinux.btf
has err "'old' has modules and 'vmlinux.btf' is a single BTF"
rm -r new/other new/cut.ko new/foreign.ko
mkdir -p bare && cp new/veth.ko bare/
expect 2 btfx diff bare bare -B none
