#!/usr/bin/env bash
# label: threads
# Modules pass on their own kernel and are recognised as foreign on the next one, each of them, whatever --jobs. What is
# not ok is listed, with -v everything.
. "$(dirname "$0")/lib.sh"
need objcopy
modules=$(find "$DATA/modules" -name '*.ko.xz' | wc -l)

btfx check "$DATA/modules" -B "$old" -v --jobs 1 >own.txt 2>notes
same "$modules" "$(count own.txt '^ok  *[^ ]*\.ko\.xz$')"
same "$old: $modules ok" "$(tail -n 1 own.txt)"
btfx check "$DATA/modules" -B "$old" -v --jobs 2 2>notes | same_files own.txt -
same "$old: $modules ok" "$(btfx check "$DATA/modules" -B "$old")"
expect 0 btfx check "$DATA/modules" -B "$old" -q
same '' "$(cat out err)"

expect 1 btfx check "$DATA/modules" -B "$new"
same "$modules" "$(count out '^mismatch .*: built for another vmlinux: ')"
expect 1 btfx check "$DATA/modules" -B "$new" -q
same '' "$(cat out err)"
# Both releases are named before the evidence, where the base tells its own. One module has its row, whatever becomes of it.
xz -dc "$new" >vmlinux.btf
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
objcopy --update-section .BTF=vmlinux.btf --dump-section .modinfo=modinfo tun.ko vmlinux
sed -i 's/6\.12\.115/6.12.117/' modinfo
objcopy --update-section .modinfo=modinfo vmlinux
expect 1 btfx check tun.ko -B vmlinux
same 1 "$(wc -l <out)"
has out '^mismatch          tun.ko: built for 6.12.115+deb12-amd64, this base is 6.12.117+deb12-amd64: [0-9]* of [0-9]* names begin inside a string, as .*)$'

expect 2 btfx check "$DATA/modules/tun.ko.xz" "$DATA/README.md" -B "$old" -B "$new" --report page.html
has out '^ok  *mismatch  *.*tun\.ko\.xz: '
has err 'README.md'
has page.html 'data-column="0" data-verdict="[0-9]*">1 ok</button>'
has page.html 'data-column="1" data-verdict="[0-9]*">1 mismatch</button>'
