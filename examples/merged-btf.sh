#!/usr/bin/env bash
# merged-btf.sh KERNEL MODULES OUTPUT NAME...: one BTF with the types of a kernel and of some of its modules, for tools
# that take a single file, and for a vmlinux.h that knows the modules' types.
# KERNEL: vmlinuz or vmlinux; MODULES: the directory with the modules; NAME: modules as lsmod calls them.
set -euo pipefail
(($# > 3)) || { echo "usage: merged-btf.sh KERNEL MODULES OUTPUT NAME..." >&2; exit 2; }
btfx=${BTFX:-btfx} kernel=$1 modules=$2 output=$3
shift 3

files=()
for name in "$@"; do
  pattern=${name//[-_]/[-_]}  # lsmod shows - as _
  file=$(find "$modules" -name "$pattern.ko*" -print -quit)
  [[ -n $file ]] || { echo "merged-btf.sh: no module $name in $modules" >&2; exit 1; }
  files+=("$file")
done
"$btfx" merge -B "$kernel" "${files[@]}" -o "$output"
echo "$output: $("$btfx" -j list "$output" | sed -E 's/.*"types":([0-9]+).*/\1/') types; as a header: btfx dump $output format c"
