#!/usr/bin/env bash
# label: slow
# examples/module-build.sh builds a module that the kernel would take, and another build of that kernel too. The kernel's own
# build, told to use btfx, makes the same BTF as with its resolve_btfids.
# KERNEL_HEADERS: where the headers of a kernel of 6.1 to 7.x are (default: those of an installed package linux-headers-*). If
# no vmlinux is there, BASE names the BTF of that kernel, and only the example is tested.
. "$(dirname "$0")/lib.sh"
compiler_of() { sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$1/.config"; } # HEADERS
headers=${KERNEL_HEADERS-}
for candidate in /usr/src/linux-headers-[67].*-[a-z]*64; do
  [[ -z ${KERNEL_HEADERS-} && -e $candidate/vmlinux ]] || continue
  ! command -v "$(compiler_of "$candidate")" >/dev/null || headers=$candidate
done
[[ -n $headers ]] || skip 'no kernel headers: install a package linux-headers-RELEASE and its compiler, or set KERNEL_HEADERS'
need make pahole objcopy "$(compiler_of "$headers")"
section() { objcopy -O binary --only-section="$1" --set-section-flags "$1"=alloc "$2" "$3" 2>/dev/null; }
makefile=$(dirname "$headers")/$(sed -n 's/^include .*\/\(linux-headers-[^/]*\/Makefile\)$/\1/p' "$headers/Makefile")
[[ -f $makefile ]] || makefile=$headers/Makefile
macros=$(cat "$(dirname "$makefile")"/include/linux/{btf,btf_ids}.h)
trusted=0 kfuncs=0
[[ $macros != *'define KF_TRUSTED_ARGS'* ]] || trusted=16
[[ $macros != *'define BTF_KFUNCS_START'* ]] || kfuncs=1

# The lists of the other kernel have other ids than those of the headers: what is not said by name must not matter.
others=()
[[ $headers != *-headers-6.12.* ]] || others=("$old")
OUTPUT=$work/example "$root/examples/module-build.sh" "$headers" "${others[@]}" >"$work/log"
cd "$work/example"
has ../log "^ok  *${others:+ok  *}meter.ko"
same $((1 + ${#others[@]})) "$(count ../log '^meter.ko: relocates$')"
# The sidecars are what the file holds, and .BTF_ids points at the functions, by number, with their flags.
for name in .BTF .BTF.base .BTF_ids; do
  section $name meter.ko "in$name"
  same_files "in$name" "meter.ko$name"
done
id() { btfx dump meter.ko | sed -n "s/^\[\([0-9]*\)\] $1 '$2'.*/\1/p"; }
{
  echo 3 $kfuncs
  printf '%s\n' "$(id FUNC meter_create) 5" "$(id FUNC meter_release) 2" "$(id FUNC meter_count) $trusted" | sort -n
  echo "$(id STRUCT meter) $(id FUNC meter_release_dtor)"
} | same_files - <(od -An -v -tu4 -w8 in.BTF_ids | awk '{ print $1, $2 }')

# The kernel's build, with its own programs and with btfx instead of resolve_btfids. With a timestamp it does not let pahole
# use threads, which put types in any order.
[[ -e $headers/vmlinux ]] || exit 0
build() { # DIRECTORY ARGUMENT...
  mkdir "$1"
  cp "$root"/examples/module/* "$1"
  make -s -C "$headers" -f "$makefile" KBUILD_OUTPUT="$headers" M="$1" KBUILD_BUILD_TIMESTAMP=@0 "${@:2}" modules >"$1/log" 2>&1 ||
    fail "$(<"$1/log")"
}
sections=(.BTF .BTF_ids) arguments='resolve-ids --in-place --no-sort'
# Since 7.0 it writes beside the file, and distills as well.
[[ ! -e $headers/scripts/gen-btf.sh ]] || sections+=(.BTF.base) arguments=resolve-ids
build "$work/kernel"
build "$work/btfx" RESOLVE_BTFIDS="$BTFX $arguments"
for name in "${sections[@]}"; do
  section "$name" "$work/kernel/meter.ko" "$work/expected"
  section "$name" "$work/btfx/meter.ko" "$work/got"
  same_files "$work/expected" "$work/got" "$name of the kernel's build"
done
btfx check "$work/btfx/meter.ko" -B "$headers/vmlinux"
