#!/usr/bin/env bash
# label: threads
# Modules pass on their own kernel and are recognised as foreign on the next one, each of them, whatever --jobs.
. "$(dirname "$0")/lib.sh"
modules=$(find "$DATA/modules" -name '*.ko.xz' | wc -l)

btfx check "$DATA/modules" -B "$old" --jobs 1 >own.txt
same "$modules" "$(count own.txt '^ok  *[^ ]*\.ko\.xz$')"
same "$old: $modules ok" "$(tail -n 1 own.txt)"
btfx check "$DATA/modules" -B "$old" --jobs 2 | same_files own.txt -

expect 1 btfx check "$DATA/modules" -B "$new"
same "$modules" "$(count out '^mismatch .*: built for another vmlinux: ')"

expect 2 btfx check "$DATA/modules/tun.ko.xz" "$DATA/README.md" -B "$old" -B "$new" --report page.html
has out '^ok  *mismatch  *.*tun\.ko\.xz: '
has err 'README.md'
has page.html 'data-column="0" data-verdict="[0-9]*">1 ok</button>'
has page.html 'data-column="1" data-verdict="[0-9]*">1 mismatch</button>'
