#!/usr/bin/env bash
# A directory being de-duplicated in place holds old and new modules, each whole, at whatever moment btfx is killed; the
# same command again goes on with those that are left, and comes to what an undisturbed one does.
# label: slow
. "$(dirname "$0")/lib.sh"
need objcopy
xz -dc "$old" >base.btf

# Modules that repeat what they need of their base.
mkdir before && for name in tun veth; do
  xz -dc "$DATA/modules/$name.ko.xz" >$name.ko
  btfx merge -B base.btf $name.ko --minimal -o standalone.btf
  btfx -q rebase standalone.btf -B base.btf -o split.btf
  objcopy --update-section .BTF=split.btf $name.ko 2>/dev/null
  for i in 1 2 3 4 5 6; do cp $name.ko before/$name-$i.ko; done
done
cp -r before after
btfx dedup after -B base.btf --in-place >/dev/null

was_none=0 was_some=0 was_all=0
killed_after() { # MICROSECONDS
  local status=0 replaced=0 module
  rm -rf modules && cp -r before modules
  { timeout --signal=KILL "0.$(printf '%06d' "$1")" "$btfx_itself" dedup modules -B base.btf --in-place --jobs 1; } >/dev/null 2>&1 || status=$?
  assert "$status" = 0 -o "$status" = 137
  for module in before/*; do
    module=${module#*/}
    if cmp -s "after/$module" "modules/$module"; then
      replaced=$((replaced + 1))
    else
      same_files "before/$module" "modules/$module" "neither the old file nor the new one (status $status)"
    fi
  done
  case $replaced in
    0) was_none=$((was_none + 1)) ;;
    12) was_all=$((was_all + 1)) ;;
    *) was_some=$((was_some + 1)) ;;
  esac
  [[ $replaced != 0 && $replaced != 12 ]] || return 0
  # The temporary file that a killed btfx may leave is nobody's module.
  btfx dedup modules -B base.btf --in-place --jobs 1 >out
  same "12 modules, $replaced with nothing to drop" "$(head -n 1 out)"
  rm -f modules/.btfx-*
  diff -r after modules
}
delay=20000
for ((kills = 0; kills < 200 && was_some < 5; kills++)); do
  before_none=$was_none
  killed_after "$delay"
  if ((was_none > before_none)); then delay=$((delay * 6 / 5 < 900000 ? delay * 6 / 5 : 900000)); else delay=$((delay * 9 / 10 + 1)); fi
done
assert "$was_some" -ge 5
echo "killed about $delay microseconds after it started: none replaced: $was_none, some: $was_some, all: $was_all"
