#!/usr/bin/env bash
# examples/relocate-gate.sh stops a build whose modules do not fit one of the kernels.
. "$(dirname "$0")/lib.sh"
mkdir modules && cp "$DATA"/modules/{tun,veth}.ko.xz modules
"$root/examples/relocate-gate.sh" modules "$old" "$old" "$new" >out
same 2 "$(count out '^2 modules: 2 relocate, 0 do not; nothing was written$')"
cp "$DATA/modules/extcon-core.ko.xz" modules
expect 1 "$root/examples/relocate-gate.sh" modules "$old" "$new" "$old"
has out '^modules/extcon-core.ko.xz: does not relocate: 1 of 17 base types does not fit$'
same '3 modules: 3 relocate, 0 do not; nothing was written' "$(tail -n 1 out)"
