#!/usr/bin/env bash
# A base that cannot be read is told at its place, and the others are answered; without any other there is still one
# document.
. "$(dirname "$0")/lib.sh"
need jq
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
check() { expect "$1" btfx check tun.ko "${@:2}"; } # STATUS ARGUMENT...
check 2 -B missing -B "$old"
same 'ok                tun.ko' "$(<out)"
same 'btfx: error: missing: cannot open: No such file or directory' "$(<err)"
check 2 -B "$old" -B missing -B "$new" -j
same '["ok","mismatch"]' "$(jq -c '.results[].checks | map(.verdict)' out)"
same '[null,"cannot open: No such file or directory",null]' "$(jq -c '.summary.bases | map(.error.text)' out)"
check 2 -B "$old" -B missing --failed
same "$old: 1 ok
missing could not be read" "$(<out)"
check 2 -B missing -j
same '{"results":[],"summary":{"modules":0,"good":0,"errors":0,"bases":[{"base":"missing","error":'\
'{"code":"io","severity":"error","text":"cannot open: No such file or directory","file":"missing"}}]}}' "$(jq -c . out)"
check 2 -B missing
same '' "$(<out)"
same 1 "$(wc -l <err)"
expect 2 btfx check -B missing
same 'btfx: error: missing: cannot open: No such file or directory' "$(cat out err)"
# A tree that was built for another kernel is told in one line at the end; --failed counts even when nothing failed.
expect 1 btfx check "$DATA/modules" -B "$new"
matches "$(tail -n 1 out)" '^all [0-9]+ modules were built for another vmlinux: 6\.12\.115'
check 0 -B "$old" --failed
same "$old: 1 ok" "$(<out)"
