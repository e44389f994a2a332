#!/usr/bin/env bash
# A base that cannot be read is told at its place, and the others are answered; without any other there is still one
# document.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
base=$DATA/vmlinux-6.12.115.btf.xz
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
check() { # STATUS ARGUMENT...
  local wanted=$1 status=0
  shift
  "$BTFX" check tun.ko "$@" >out 2>err || status=$?
  [[ $status == "$wanted" ]] || { echo "check $*: status $status, not $wanted" >&2; exit 1; }
}
check 2 -B missing -B "$base"
[[ $(<out) == 'ok                tun.ko' && $(<err) == 'btfx: error: missing: cannot open: No such file or directory' ]]
check 2 -B "$base" -B missing -B "$DATA/vmlinux-6.12.117.btf.xz" -j
[[ $(jq -c '.results[].checks | map(.verdict)' out) == '["ok","mismatch"]' ]]
[[ $(jq -c '.summary.bases | map(.error.text)' out) == '[null,"cannot open: No such file or directory",null]' ]]
check 2 -B "$base" -B missing --failed
[[ $(<out) == "$base: 1 ok
missing could not be read" ]]
check 2 -B missing -j
[[ $(jq -c . out) == '{"results":[],"summary":{"modules":0,"good":0,"errors":0,"bases":[{"base":"missing","error":'\
'{"code":"io","severity":"error","text":"cannot open: No such file or directory","file":"missing"}}]}}' ]]
check 2 -B missing
[[ ! -s out && $(wc -l <err) == 1 ]]
# A tree that was built for another kernel is told in one line at the end; --failed counts even when nothing failed.
status=0
"$BTFX" check "$DATA/modules" -B "$DATA/vmlinux-6.12.117.btf.xz" >out || status=$?
[[ $status == 1 && $(tail -n 1 out) =~ ^'all '[0-9]+' modules were built for another vmlinux: 6.12.115' ]]
check 0 -B "$base" --failed
[[ $(<out) == "$base: 1 ok" ]]
