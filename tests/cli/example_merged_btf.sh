#!/usr/bin/env bash
# examples/merged-btf.sh finds modules by the names that lsmod shows, and merges them.
. "$(dirname "$0")/lib.sh"
"$root/examples/merged-btf.sh" "$old" "$DATA/modules" merged.btf snd_aloop tun >out
has out -E "^merged.btf: 11[0-9]{4} types; as a header: "
btfx dump merged.btf kind struct name tun_struct name loopback >out
same 2 "$(count out '^\[')"
expect 1 "$root/examples/merged-btf.sh" "$old" "$DATA/modules" none.btf no_such
