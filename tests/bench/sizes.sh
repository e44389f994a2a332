#!/usr/bin/env bash
# What BTF adds to modules: their sizes without it, with split BTF and with self-contained BTF; as they are, with xz as the
# kernel's build calls it, and with zstd at its default level. Sums in bytes, signatures left out.
# Usage: sizes.sh BTFX BASE MODULES [EVERY]    (BASE: raw BTF; MODULES: a directory of uncompressed modules; EVERY: take
# each EVERYth of them; default 1. All modules of a kernel take half an hour of two processors.)
set -euo pipefail
export BTFX=${1:?usage: sizes.sh BTFX BASE MODULES [EVERY]} BASE=${2:?} UNSIGNED
UNSIGNED=$(dirname "$(realpath "$0")")/../support/unsigned.sh
modules=${3:?} every=${4:-1}

measure() { # MODULE: nine sizes
  local work
  work=$(mktemp -d)
  "$UNSIGNED" "$1" "$work/split"
  objcopy -R .BTF "$work/split" "$work/bare"
  cp "$work/split" "$work/whole"
  "$BTFX" merge -q -B "$BASE" "$1" --minimal --into "$work/whole"
  for file in bare split whole; do
    echo "$(wc -c <"$work/$file") $(xz --check=crc32 --lzma2=dict=1MiB -c "$work/$file" | wc -c) $(zstd -qc "$work/$file" | wc -c)"
  done | paste -sd' '
  rm -r "$work"
}
export -f measure
find "$modules" -name '*.ko' | sort | awk -v every="$every" 'NR % every == 0' |
  xargs -P "$(nproc)" -I{} bash -c 'measure {}' |
  awk '{ for (i = 1; i <= 9; i++) sum[i] += $i }
    END {
      printf "%d modules\n%-20s %13s %13s %13s\n", NR, "", "uncompressed", "xz", "zstd"
      split("without BTF,split BTF,self-contained BTF", row, ",")
      for (i = 0; i < 3; i++) printf "%-20s %13d %13d %13d\n", row[i + 1], sum[3 * i + 1], sum[3 * i + 2], sum[3 * i + 3]
    }'
