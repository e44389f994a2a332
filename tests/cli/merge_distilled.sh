#!/usr/bin/env bash
# A module with a distilled base is relocated and merges like one without; a merged one stands alone and merges again.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kernel=$DATA/vmlinux-6.12.117.btf.xz
demo=$DATA/out-of-tree/demo

"$BTFX" merge -B "$kernel" "$demo-split.ko" -o "$work/split.btf"
"$BTFX" merge -B "$kernel" "$demo-split.ko" "$demo-distilled.ko" --strict -o "$work/both.btf"
"$BTFX" merge -B "$kernel" "$demo-split.ko" --strict -o "$work/one.btf"
count() { "$BTFX" dump "$1" | grep -v ' VAR ' | grep -c "^\[.*'demo_"; }  # variables are never merged
(($(count "$work/both.btf") == $(count "$work/one.btf")))

"$BTFX" merge -B "$kernel" "$demo-split.ko" --minimal -o "$work/minimal.btf"
"$BTFX" merge -B "$kernel" "$work/minimal.btf" --strict -o "$work/again.btf"
(($(count "$work/again.btf") == $(count "$work/one.btf")))
