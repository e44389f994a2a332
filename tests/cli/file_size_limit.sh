#!/usr/bin/env bash
# Where files may not grow so large, that is an error like a full disk: the old files stay, and nothing is left beside them.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir modules
xz -dc "$DATA/modules/veth.ko.xz" >modules/veth.ko
cp modules/veth.ko before.ko
run() {
  status=0
  (ulimit -f 8 && "$BTFX" distill modules/veth.ko -B "$DATA/vmlinux-6.12.115.btf.xz" --strip-signature "$@" >/dev/null 2>err) || status=$?
}
run --in-place
[[ $status == 2 && $(<err) == 'btfx: error: modules/veth.ko: cannot write: File too large' ]]
run -o modules/new.ko
[[ $status == 2 && $(<err) == 'btfx: error: modules/new.ko: cannot write: File too large' ]]
[[ $(ls -A modules) == veth.ko ]]
cmp modules/veth.ko before.ko
