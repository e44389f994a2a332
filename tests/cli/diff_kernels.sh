#!/usr/bin/env bash
# Directories and packages are kernels: their modules are paired by name, and judged.
# label: threads
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >vmlinux.btf
mkdir -p old/kernel new/other/place
for module in tun veth dummy; do cp "$DATA/modules/$module.ko.xz" old/kernel/; done
for module in loop tun; do cp "$DATA/modules/$module.ko.xz" new/other/place/; done
xz -dc "$DATA/modules/veth.ko.xz" >new/veth.ko
run() { # ARGUMENTS...: sets status
  status=0
  "$BTFX" diff "$@" >out 2>err || status=$?
}

run old new -B vmlinux.btf
[[ $status == 1 && ! -s err ]]
diff - out <<'END'
--- old  (112972 types, 3 modules)
+++ new  (113057 types, 3 modules)
No differences in what both have.
Modules added (1): loop
Modules removed (1): dummy
Safe: none of 3 modules needs to be rebuilt.
END

# The same in a package, against the directory.
tar -cf old.tar old
run old.tar old -B vmlinux.btf
[[ $status == 0 && ! -s err ]]
grep -qx 'No differences.' out

# One bad module does not stop the others.
head -c 20000 new/veth.ko >new/cut.ko
cp "$DATA/out-of-tree/demo-split.ko" new/foreign.ko
run old new -B vmlinux.btf
[[ $status == 2 && $(wc -l <err) == 2 ]]
grep -q '^btfx: error: new/foreign.ko: .BTF: ' err
grep -qx 'Modules added (1): loop' out

# A kernel is compared with a kernel; a directory without a kernel image says what to do.
run old vmlinux.btf
[[ $status == 2 ]]
grep -q "'old' has modules and 'vmlinux.btf' is a single BTF" err
rm -r new/other new/cut.ko new/foreign.ko
mkdir -p bare && cp new/veth.ko bare/
run bare bare -B none
[[ $status == 2 ]]
