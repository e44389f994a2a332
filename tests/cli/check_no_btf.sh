#!/usr/bin/env bash
# A module without BTF, or with a section of no bytes, is an answer of its own: the kernel loads it.
. "$(dirname "$0")/lib.sh"
need jq objcopy
mkdir tree
xz -dc "$DATA/modules/tun.ko.xz" >tree/tun.ko
objcopy --remove-section .BTF tree/tun.ko tree/without.ko
: >nothing
objcopy --update-section .BTF=nothing tree/tun.ko tree/empty.ko 2>/dev/null
expect 0 btfx check tree -B "$old" -v
same "no BTF            tree/empty.ko
ok                tree/tun.ko
no BTF            tree/without.ko
$old: 1 ok, 2 no BTF
2 without BTF, which the kernel loads all the same" "$(<out)"
expect 0 btfx check tree -B "$old"
same "$old: 1 ok, 2 no BTF
2 without BTF, which the kernel loads all the same" "$(<out)"
expect 1 btfx check tree -B "$old" --require-btf
contains "$(<out)" 'no BTF            tree/without.ko'
lacks "$(<out)" tun.ko
expect 0 btfx check tree -B "$old" --failed
lacks "$(<out)" without.ko
expect 1 btfx check tree -B "$old" --failed --require-btf
contains "$(<out)" 'no BTF            tree/without.ko'
expect 0 btfx check tree/without.ko -j
same '["no BTF",0]' "$(jq -c '[.results[0].verdict, .summary.errors]' out)"
