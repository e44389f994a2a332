#!/usr/bin/env bash
# examples/update-gate.sh stops at modules that a kernel update breaks, and names them.
set -eu
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }
root=$(dirname "$(realpath "$0")")/../..
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
status=0
out=$("$root/examples/update-gate.sh" "$old" "$new" "$DATA/modules") || status=$?
[[ $status == 1 && $out == "1 of 22 modules must be rebuilt
extcon-core: struct device_type (embedded)" ]]
[[ $("$root/examples/update-gate.sh" "$old" "$new" "$DATA/modules/tun.ko.xz") == "0 of 1 modules must be rebuilt" ]]
status=0
"$root/examples/update-gate.sh" "$old" "$new" /nonexistent >/dev/null 2>&1 || status=$?
[[ $status == 2 ]]
