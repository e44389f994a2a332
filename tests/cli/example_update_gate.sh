#!/usr/bin/env bash
# examples/update-gate.sh stops at modules that a kernel update breaks, and names them.
. "$(dirname "$0")/lib.sh"
need jq
expect 1 "$root/examples/update-gate.sh" "$old" "$new" "$DATA/modules"
same '1 of 22 modules must be rebuilt
extcon-core: struct device_type (embedded)' "$(<out)"
same "0 of 1 module must be rebuilt" "$("$root/examples/update-gate.sh" "$old" "$new" "$DATA/modules/tun.ko.xz")"
expect 2 "$root/examples/update-gate.sh" "$old" "$new" /nonexistent
