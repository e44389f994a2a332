#!/usr/bin/env bash
# A file that becomes shorter while it is read ends the program with a message that names it, not with a signal.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >base.btf
mkfifo pipe
"$btfx_itself" check - -B base.btf <pipe >out 2>err & # its own process, to look at
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
same 2 "$status"
same '' "$(<out)"
same 'btfx: error: base.btf: became shorter or unreadable while it was being read' "$(<err)"
