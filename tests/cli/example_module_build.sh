#!/usr/bin/env bash
# examples/module-build.sh builds a module that the kernel would take, and another build of that kernel too. The kernel's own
# build, told to use btfx, makes the same .BTF_ids as with its resolve_btfids.
# KERNEL_HEADERS: where the headers are (default: those of an installed package linux-headers-6.12.*).
set -eu
headers=${KERNEL_HEADERS-}
for candidate in /usr/src/linux-headers-6.1[2-8].*[0-9]-[a-z]*64; do
  [[ -n $headers || ! -e $candidate/vmlinux ]] || headers=$candidate
done
[[ -n $headers ]] || { echo 'no kernel headers: install a package linux-headers-6.12.*, or set KERNEL_HEADERS'; exit 77; }
for tool in make pahole objcopy "$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$headers/.config")"; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
export BTFX
section() { objcopy -O binary --only-section="$1" --set-section-flags "$1"=alloc "$2" "$3" 2>/dev/null; }

# The lists of the other kernel have other ids than those of the headers: what is not said by name must not matter.
OUTPUT=$work/example "$root/examples/module-build.sh" "$headers" "$DATA/vmlinux-6.12.115.btf.xz" >"$work/out"
cd "$work/example"
grep -q '^ok  *ok  *meter.ko' ../out
[[ $(grep -c '^meter.ko: relocates$' ../out) == 2 ]]
# The sidecars are what the file holds, and .BTF_ids points at the functions, by number, with their flags.
for name in .BTF .BTF.base .BTF_ids; do
  section $name meter.ko "in$name"
  cmp "in$name" "meter.ko$name"
done
id() { "$BTFX" dump meter.ko | sed -n "s/^\[\([0-9]*\)\] $1 '$2'.*/\1/p"; }
pairs() { printf '%s\n' "$(id FUNC meter_create) 5" "$(id FUNC meter_release) 2" "$(id FUNC meter_count) 16" | sort -n; }
{ echo 3 1 && pairs && echo "$(id STRUCT meter) $(id FUNC meter_release_dtor)"; } | diff - <(od -An -v -tu4 -w8 in.BTF_ids | awk '{ print $1, $2 }')

# The kernel's build, with its own programs and with btfx instead of resolve_btfids. With a timestamp it does not let pahole
# use threads, which put types in any order.
build() { # DIRECTORY ARGUMENT...
  local makefile
  makefile=$(dirname "$headers")/$(sed -n 's/^include .*\/\(linux-headers-[^/]*\/Makefile\)$/\1/p' "$headers/Makefile")
  [[ -f $makefile ]] || makefile=$headers/Makefile
  mkdir "$1"
  cp "$root"/examples/module/* "$1"
  make -s -C "$headers" -f "$makefile" M="$1" KBUILD_BUILD_TIMESTAMP=@0 "${@:2}" modules >"$1/out" 2>&1 || { cat "$1/out"; exit 1; }
}
build "$work/kernel"
build "$work/btfx" RESOLVE_BTFIDS="$BTFX resolve-ids --in-place --no-sort"
for name in .BTF .BTF_ids; do
  section $name "$work/kernel/meter.ko" "$work/expected"
  section $name "$work/btfx/meter.ko" "$work/got"
  cmp "$work/expected" "$work/got"
done
"$BTFX" check "$work/btfx/meter.ko" -B "$headers/vmlinux"
