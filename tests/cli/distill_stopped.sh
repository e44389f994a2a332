#!/usr/bin/env bash
# Who stops btfx finds the old file or the new one, and nothing beside it; and the exit status tells the signal.
set -eu
strace -o /dev/null true 2>/dev/null || { echo "strace cannot trace here"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
xz -dc "$DATA/modules/veth.ko.xz" >old.ko
"$BTFX" distill old.ko -B base.btf --strip-signature -o new.ko
mkdir modules
for signal in HUP:129 INT:130 TERM:143; do
  for call in write fsync rename; do
    cp old.ko modules/veth.ko
    status=0
    (trap - INT; strace -f -o /dev/null -e "trace=$call" -e "inject=$call:signal=${signal%:*}:when=1" \
      "$BTFX" distill modules/veth.ko -B base.btf --in-place --strip-signature --jobs 1 >/dev/null 2>&1) 2>/dev/null || status=$?
    [[ $status == "${signal#*:}" ]] || { echo "$signal at $call: status $status"; exit 1; }
    cmp -s modules/veth.ko old.ko || cmp modules/veth.ko new.ko
    [[ $(ls -A modules) == veth.ko ]] || { ls -A modules; exit 1; }
  done
done
