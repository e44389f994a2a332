#!/usr/bin/env bash
# Modules as they were packaged come out again, to the byte of the whole file, when their .BTF_ids are taken back to what
# the compiler left and resolved anew.
# With KERNEL_MODULES, a directory of uncompressed modules, and KERNEL_BASE, the raw BTF of their vmlinux, these are tried as well; with
# KERNEL_VMLINUX, an ELF file with .BTF, .BTF_ids and symbols as kernel header packages have it, that is, too.
set -eu
for tool in bpftool readelf; do
  command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
support=$(dirname "$(realpath "$0")")/../support
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf

compared=0
again() { # FILE [BASE]
  local base=${2-}
  "$support/unsigned.sh" "$1" shipped
  readelf -SW shipped | grep -qF ' .BTF_ids ' || return 0
  cp shipped resolved
  "$support/unresolve.sh" resolved ${base:+"$base"}
  if cmp -s shipped resolved; then echo "$1: nothing to resolve"; exit 1; fi
  "$BTFX" resolve-ids --in-place --no-sort ${base:+-B "$base"} resolved
  cmp shipped resolved || { echo "$1: not as packaged"; exit 1; }
  compared=$((compared + 1))
}

for module in "$DATA"/modules/*.ko.xz; do again "$module" base.btf; done
[[ $compared == 6 ]]
if [[ -n ${KERNEL_MODULES-} ]]; then
  while read -r module; do again "$module" "${KERNEL_BASE:?}"; done < <(find "$KERNEL_MODULES" -name '*.ko' -exec grep -lF .BTF_ids {} + | sort)
fi
[[ -z ${KERNEL_VMLINUX-} ]] || again "$KERNEL_VMLINUX"
echo "$compared files came out as they were packaged"
