#!/usr/bin/env bash
# Modules as they were packaged come out again, to the byte of the whole file, when their .BTF_ids are taken back to what
# the compiler left and resolved anew.
# With KERNEL_MODULES, a directory of uncompressed modules, and KERNEL_BASE, the raw BTF of their vmlinux, these are tried as well; with
# KERNEL_VMLINUX, an ELF file with .BTF, .BTF_ids and symbols as kernel header packages have it, that is, too.
. "$(dirname "$0")/lib.sh"
need bpftool readelf
xz -dc "$old" >base.btf

compared=0
again() { # FILE [BASE]
  local base=${2-}
  "$root/tests/support/unsigned.sh" "$1" shipped
  readelf -SW shipped | grep -F ' .BTF_ids ' >has-ids || return 0
  cp shipped resolved
  "$root/tests/support/unresolve.sh" resolved ${base:+"$base"}
  ! cmp -s shipped resolved || fail "$1: nothing to resolve"
  btfx resolve-ids --in-place --no-sort ${base:+-B "$base"} resolved
  same_files shipped resolved "$1: not as packaged"
  compared=$((compared + 1))
}

for module in "$DATA"/modules/*.ko.xz; do again "$module" base.btf; done
same 6 "$compared"
if [[ -n ${KERNEL_MODULES-} ]]; then
  while read -r module; do again "$module" "${KERNEL_BASE:?}"; done < <(find "$KERNEL_MODULES" -name '*.ko' -exec grep -lF .BTF_ids {} + | sort)
fi
[[ -z ${KERNEL_VMLINUX-} ]] || again "$KERNEL_VMLINUX"
echo "$compared files came out as they were packaged"
