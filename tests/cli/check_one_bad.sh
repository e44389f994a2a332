#!/usr/bin/env bash
# Among many modules that belong to a kernel, one that was built for another changes its own line and the count, nothing
# else, and --failed leaves the others out.
. "$(dirname "$0")/lib.sh"
need jq objcopy
mkdir tree && cp "$DATA"/modules/*.ko.xz tree
modules=$(find tree -type f | wc -l)
btfx check tree -B "$old" -v >good.txt 2>notes
same "$old: $modules ok" "$(tail -n 1 good.txt)"

# What veth would have become, had it been built for the next kernel.
btfx distill tree/veth.ko.xz -B "$old" --strip-signature -o distilled.ko
btfx relocate distilled.ko --from "$old" -B "$new" --output-dir relocated >/dev/null
xz -dc tree/veth.ko.xz >veth.ko
objcopy --update-section .BTF=relocated/distilled.ko.BTF veth.ko
same 'ok                veth.ko' "$(btfx check veth.ko -B "$new")"
xz -c veth.ko >tree/veth.ko.xz

expect 1 btfx check tree -B "$old" -v
grep -v '^ ' out >bad.txt
expect 1 diff good.txt bad.txt
same 4 "$(count out '^[<>]')"
has out -x '< ok                tree/veth.ko.xz'
has out '^> mismatch          tree/veth.ko.xz: built for another vmlinux: '
has out -x "> $old: $((modules - 1)) ok, 1 mismatch"

expect 1 btfx check tree -B "$old"
same_files <(grep -v '^ok ' bad.txt) out
expect 1 btfx check tree -B "$old" --failed
same_files <(grep -v '^ok ' bad.txt) out
expect 1 btfx -j check tree -B "$old" --failed
same "tree/veth.ko.xz
$modules" "$(jq -r '.results[].module, .summary.modules' out)"

# Two builds of one release are told apart by where they are, and the same one twice is one.
xz -dc "$old" >vmlinux.btf
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
objcopy --update-section .BTF=vmlinux.btf tun.ko first
cp first second
btfx check tun.ko -B first -B second >two.txt
matches "$(head -n 1 two.txt)" '^6\.12\.115[^ ]* \(first\) 6\.12\.115[^ ]* \(second\) MODULE$'
same 'ok                tun.ko' "$(btfx check tun.ko -B first -B first)"
