#!/usr/bin/env bash
# A file that becomes shorter while it is read ends the program with a message that names it, not with a signal.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
mkfifo pipe
"$BTFX" check - -B base.btf <pipe >out 2>err &
pid=$!
exec 3>pipe
# By the time that it waits for the module, it has mapped the base.
for ((i = 0; i < 500; i++)); do
  grep -q 'base\.btf$' "/proc/$pid/maps" && break
  sleep 0.02
done
: >base.btf
xz -dc "$DATA/modules/tun.ko.xz" >&3 2>/dev/null || true # it may have ended already
exec 3>&-
status=0
wait "$pid" || status=$?
[[ $status == 2 && ! -s out ]]
[[ $(<err) == 'btfx: error: base.btf: became shorter or unreadable while it was being read' ]]
