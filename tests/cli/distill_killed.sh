#!/usr/bin/env bash
# A module being distilled in place is the old file or the new one, whole, at whatever moment btfx is killed.
# label: slow
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >base.btf
xz -dc "$DATA/modules/e1000.ko.xz" >old.ko
btfx distill old.ko -B base.btf --strip-signature -o new.ko
distill=("$btfx_itself" distill module.ko -B base.btf --in-place --strip-signature --jobs 1) # itself, to be killed

was_old=0 was_new=0
check() { # STATUS: how btfx ended
  assert "$1" = 0 -o "$1" = 137
  if cmp -s old.ko module.ko; then
    assert "$1" != 0
    was_old=$((was_old + 1))
  else
    same_files new.ko module.ko "neither the old file nor the new one (status $1)"
    was_new=$((was_new + 1))
  fi
}

# Kills close in on the moment at which the file is replaced: a little later after each that came before it, a little
# earlier after each that came too late.
killed_after() { # MICROSECONDS
  local status=0
  cp old.ko module.ko
  { timeout --signal=KILL "0.$(printf '%06d' "$1")" "${distill[@]}"; } >/dev/null 2>&1 || status=$?
  check "$status"
}
delay=20000
for ((kills = 0; kills < 400 && (kills < 40 || was_old < 5 || was_new < 5); kills++)); do
  before=$was_old
  killed_after "$delay"
  if ((was_old > before)); then delay=$((delay * 5 / 4 < 900000 ? delay * 5 / 4 : 900000)); else delay=$((delay * 4 / 5 + 1)); fi
done
assert "$was_old" -ge 5
assert "$was_new" -ge 5
echo "killed about $delay microseconds after it started: old: $was_old, new: $was_new"

# At each system call that has to do with files in turn, where strace can do that.
strace -o /dev/null true 2>/dev/null || {
  echo 'not tested: to kill btfx at each system call, because strace cannot trace here'
  exit 0
}
was_old=0 was_new=0
for call in openat write fchmod fchown fsync close rename; do
  for ((i = 1; i < 100; i++)); do
    cp old.ko module.ko
    status=0
    { strace -f -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$i" "${distill[@]}"; } >/dev/null 2>&1 || status=$?
    check "$status"
    [[ $status != 0 ]] || break
  done
done
assert "$was_old" -gt 0
assert "$was_new" -gt 0
echo "killed at system calls: old: $was_old, new: $was_new"
