#!/usr/bin/env bash
# label: threads
# Modules pass on their own kernel and are recognised as foreign on the next one, each of them, whatever --jobs.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
own=$DATA/vmlinux-6.12.115.btf.xz
next=$DATA/vmlinux-6.12.117.btf.xz
count=$(find "$DATA/modules" -name '*.ko.xz' | wc -l)

"$BTFX" check "$DATA/modules" -B "$own" --jobs 1 >"$work/own.txt"
[[ $(grep -c '^ok  *[^ ]*\.ko\.xz$' "$work/own.txt") == "$count" ]]
[[ $(tail -n 1 "$work/own.txt") == "$own: $count ok" ]]
"$BTFX" check "$DATA/modules" -B "$own" --jobs 2 | cmp - "$work/own.txt"

status=0
"$BTFX" check "$DATA/modules" -B "$next" >"$work/next.txt" || status=$?
[[ $status == 1 ]]
[[ $(grep -c '^mismatch .*: built for another vmlinux: ' "$work/next.txt") == "$count" ]]

status=0
"$BTFX" check "$DATA/modules/tun.ko.xz" "$DATA/README.md" -B "$own" -B "$next" --report "$work/page.html" \
  >"$work/matrix.txt" 2>"$work/errors" || status=$?
[[ $status == 2 ]]
grep -q '^ok  *mismatch  *.*tun\.ko\.xz: ' "$work/matrix.txt"
grep -q 'README.md' "$work/errors"
grep -q 'data-column="0" data-verdict="[0-9]*">1 ok</button>' "$work/page.html"
grep -q 'data-column="1" data-verdict="[0-9]*">1 mismatch</button>' "$work/page.html"
