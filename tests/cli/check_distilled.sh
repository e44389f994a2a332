#!/usr/bin/env bash
# An out-of-tree module fits the kernel it was built for; distilled, it fits the one before, too.
. "$(dirname "$0")/lib.sh"
btfx check "$DATA"/out-of-tree/*.ko -B "$new" -v >out 2>notes
same 3 "$(count out '^ok ')"
btfx check "$DATA"/out-of-tree/demo-distilled*.ko -B "$old" -v >out 2>notes
same 2 "$(count out '^ok ')"
# What --from tells stands below the row, and is not only for -v.
expect 1 btfx check "$DATA/out-of-tree/demo-split.ko" -B "$old" --from "$new"
same 2 "$(wc -l <out)"
has out '^    it fits .*; distilled, it would relocate$'
expect 1 btfx check "$DATA/out-of-tree/demo-split.ko" -B "$old" --from "$new" -v
has out 'note: it fits .*; distilled, it would relocate \[origin\]'
has out 'note: type [0-9]*: here the base parts from '
