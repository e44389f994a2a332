#!/usr/bin/env bash
# Who stops btfx finds the old file or the new one, and nothing beside it; and the exit status tells the signal.
. "$(dirname "$0")/lib.sh"
need strace
strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
xz -dc "$old" >base.btf
xz -dc "$DATA/modules/veth.ko.xz" >old.ko
btfx distill old.ko -B base.btf --strip-signature -o new.ko
mkdir modules
stopped() { # CALL SIGNAL: status of btfx itself, which the signal ends at its first call of that kind
  (
    trap - INT
    strace -f -o /dev/null -e "trace=$1" -e "inject=$1:signal=$2:when=1" \
      "$btfx_itself" distill modules/veth.ko -B base.btf --in-place --strip-signature --jobs 1
  )
}
for signal in HUP:129 INT:130 TERM:143; do
  for call in write fsync rename; do
    cp old.ko modules/veth.ko
    expect "${signal#*:}" stopped "$call" "${signal%:*}"
    cmp -s old.ko modules/veth.ko || same_files new.ko modules/veth.ko "the module after $signal at $call"
    same veth.ko "$(ls -A modules)"
  done
done
