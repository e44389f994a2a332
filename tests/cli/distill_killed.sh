#!/usr/bin/env bash
# A module being distilled in place is the old file or the new one, whole, at whatever moment btfx is killed.
# label: slow
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
xz -dc "$DATA/modules/e1000.ko.xz" >old.ko
"$BTFX" distill old.ko -B base.btf --strip-signature -o new.ko

was_old=0 was_new=0
check() {
  if cmp -s module.ko old.ko; then
    was_old=$((was_old + 1))
  elif cmp -s module.ko new.ko; then
    was_new=$((was_new + 1))
  else
    echo "neither the old file nor the new one"
    exit 1
  fi
}
for ((i = 0; i < 40; i++)); do
  cp old.ko module.ko
  "$BTFX" distill module.ko -B base.btf --in-place --strip-signature >/dev/null 2>&1 &
  pid=$!
  sleep "0.0$((RANDOM % 30 + 10))"
  kill -9 $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  check
done

# At each system call that has to do with files in turn, where strace can do that.
if strace -o /dev/null true 2>/dev/null; then
  for call in openat write fchmod fchown fsync close rename; do
    for ((i = 1; i < 100; i++)); do
      cp old.ko module.ko
      killed=no
      (strace -f -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$i" \
        "$BTFX" distill module.ko -B base.btf --in-place --strip-signature --jobs 1 >/dev/null 2>&1) 2>/dev/null ||
        killed=yes
      check
      [[ $killed == yes ]] || break
    done
  done
else
  echo "not tested: to kill btfx at each system call, because strace cannot trace here"
fi
echo "old: $was_old, new: $was_new"
