#!/usr/bin/env bash
# A module with a distilled base is relocated and merges like one without; a merged one stands alone and merges again.
. "$(dirname "$0")/lib.sh"
demo=$DATA/out-of-tree/demo

btfx merge -B "$new" "$demo-split.ko" -o split.btf
btfx merge -B "$new" "$demo-split.ko" "$demo-distilled.ko" --strict -o both.btf
btfx merge -B "$new" "$demo-split.ko" --strict -o one.btf
named() { btfx dump "$1" | grep -v ' VAR ' | grep -c "^\[.*'demo_"; } # variables are never merged
same "$(named one.btf)" "$(named both.btf)"

btfx merge -B "$new" "$demo-split.ko" --minimal -o minimal.btf
btfx merge -B "$new" minimal.btf --strict -o again.btf
same "$(named one.btf)" "$(named again.btf)"
