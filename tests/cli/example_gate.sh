#!/usr/bin/env bash
# examples/relocate-gate.sh stops a build whose modules do not fit one of the kernels.
set -eu
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
export BTFX
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
mkdir modules && cp "$DATA"/modules/{tun,veth}.ko.xz modules
"$root/examples/relocate-gate.sh" modules "$old" "$old" "$new" >out
[[ $(grep -c '^2 modules: 2 relocate, 0 do not$' out) == 2 ]]
cp "$DATA/modules/extcon-core.ko.xz" modules
status=0
"$root/examples/relocate-gate.sh" modules "$old" "$new" "$old" >out || status=$?
[[ $status == 1 ]]
grep -q '^modules/extcon-core.ko.xz: does not relocate: 1 of 17 base types does not fit$' out
[[ $(tail -n 1 out) == '3 modules: 3 relocate, 0 do not' ]]
