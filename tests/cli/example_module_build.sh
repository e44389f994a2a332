#!/usr/bin/env bash
# examples/module-build.sh builds a module that the kernel would take, and another build of that kernel too. The kernel's own
# build, told to use btfx, makes the same .BTF_ids as with its resolve_btfids.
# KERNEL_HEADERS: where the headers are (default: those of an installed package linux-headers-6.12.*).
. "$(dirname "$0")/lib.sh"
headers=${KERNEL_HEADERS-}
for candidate in /usr/src/linux-headers-6.1[2-8].*[0-9]-[a-z]*64; do
  [[ -n $headers || ! -e $candidate/vmlinux ]] || headers=$candidate
done
[[ -n $headers ]] || skip 'no kernel headers: install a package linux-headers-6.12.*, or set KERNEL_HEADERS'
need make pahole objcopy "$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$headers/.config")"
section() { objcopy -O binary --only-section="$1" --set-section-flags "$1"=alloc "$2" "$3" 2>/dev/null; }

# The lists of the other kernel have other ids than those of the headers: what is not said by name must not matter.
OUTPUT=$work/example "$root/examples/module-build.sh" "$headers" "$old" >"$work/out"
cd "$work/example"
has ../out '^ok  *ok  *meter.ko'
same 2 "$(grep -c '^meter.ko: relocates$' ../out)"
# The sidecars are what the file holds, and .BTF_ids points at the functions, by number, with their flags.
for name in .BTF .BTF.base .BTF_ids; do
  section $name meter.ko "in$name"
  same_files "in$name" "meter.ko$name"
done
id() { btfx dump meter.ko | sed -n "s/^\[\([0-9]*\)\] $1 '$2'.*/\1/p"; }
pairs() { printf '%s\n' "$(id FUNC meter_create) 5" "$(id FUNC meter_release) 2" "$(id FUNC meter_count) 16" | sort -n; }
{ echo 3 1 && pairs && echo "$(id STRUCT meter) $(id FUNC meter_release_dtor)"; } |
  same_files - <(od -An -v -tu4 -w8 in.BTF_ids | awk '{ print $1, $2 }')

# The kernel's build, with its own programs and with btfx instead of resolve_btfids. With a timestamp it does not let pahole
# use threads, which put types in any order.
build() { # DIRECTORY ARGUMENT...
  local makefile
  makefile=$(dirname "$headers")/$(sed -n 's/^include .*\/\(linux-headers-[^/]*\/Makefile\)$/\1/p' "$headers/Makefile")
  [[ -f $makefile ]] || makefile=$headers/Makefile
  mkdir "$1"
  cp "$root"/examples/module/* "$1"
  make -s -C "$headers" -f "$makefile" M="$1" KBUILD_BUILD_TIMESTAMP=@0 "${@:2}" modules >"$1/out" 2>&1 || fail "$(<"$1/out")"
}
build "$work/kernel"
build "$work/btfx" RESOLVE_BTFIDS="$BTFX resolve-ids --in-place --no-sort"
for name in .BTF .BTF_ids; do
  section $name "$work/kernel/meter.ko" "$work/expected"
  section $name "$work/btfx/meter.ko" "$work/got"
  same_files "$work/expected" "$work/got"
done
btfx check "$work/btfx/meter.ko" -B "$headers/vmlinux"
