#!/usr/bin/env bash
# Among many modules that belong to a kernel, one that was built for another changes its own line and the count, nothing
# else, and --failed leaves the others out.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
mkdir tree && cp "$DATA"/modules/*.ko.xz tree
count=$(find tree -type f | wc -l)
"$BTFX" check tree -B "$old" >good.txt
[[ $(tail -n 1 good.txt) == "$old: $count ok" ]]

# What veth would have become, had it been built for the next kernel.
"$BTFX" distill tree/veth.ko.xz -B "$old" --strip-signature -o distilled.ko
"$BTFX" relocate distilled.ko --from "$old" -B "$new" --output-dir relocated >/dev/null
xz -dc tree/veth.ko.xz >veth.ko
objcopy --update-section .BTF=relocated/distilled.ko.BTF veth.ko
[[ $("$BTFX" check veth.ko -B "$new") == 'ok                veth.ko' ]]
xz -c veth.ko >tree/veth.ko.xz

status=0
"$BTFX" check tree -B "$old" >bad.txt || status=$?
[[ $status == 1 ]]
status=0
diff good.txt bad.txt >changes || status=$?
[[ $status == 1 && $(grep -c '^[<>]' changes) == 4 ]]
grep -qx '< ok                tree/veth.ko.xz' changes
grep -q '^> mismatch          tree/veth.ko.xz: built for another vmlinux: ' changes
grep -qx "> $old: $((count - 1)) ok, 1 mismatch" changes

"$BTFX" check tree -B "$old" --failed >failed.txt || [[ $? == 1 ]]
grep -v '^ok ' bad.txt | cmp - failed.txt
[[ $("$BTFX" -j check tree -B "$old" --failed | jq -r '.results[].module, .summary.modules') == "tree/veth.ko.xz
$count" ]]

# Two builds of one release are told apart by where they are, and the same one twice is one.
xz -dc "$old" >vmlinux.btf
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
objcopy --update-section .BTF=vmlinux.btf tun.ko first
cp first second
"$BTFX" check tun.ko -B first -B second >two.txt
[[ $(head -n 1 two.txt) =~ ^(6\.12\.115[^ ]*)' (first) '(6\.12\.115[^ ]*)' (second) MODULE'$ ]]
[[ $("$BTFX" check tun.ko -B first -B first) == 'ok                tun.ko' ]]
