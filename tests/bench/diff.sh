#!/usr/bin/env bash
# diff.sh BTFX [OLD NEW OLD_MODULES NEW_MODULES]: how long does comparing take?
#
# The answers are checked before any clock is started: what is known to differ is found, with the one module that it
# hurts, and nothing differs from itself in another byte order. Without arguments the two vmlinux among the test data
# are compared; OLD and NEW are raw BTF, the modules directories of uncompressed ones. Loading is in the figures.
set -euo pipefail

btfx=$(realpath "${1:?usage: diff.sh BTFX [OLD NEW OLD_MODULES NEW_MODULES]}")
rounds=${ROUNDS:-20}
data=$(dirname "$(realpath "$0")")/../data
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
old=${2:-$out/old.btf} new=${3:-$out/new.btf}
if [[ $# -lt 3 ]]; then
  xz -dc "$data/vmlinux-6.12.115.btf.xz" >"$old"
  xz -dc "$data/vmlinux-6.12.117.btf.xz" >"$new"
fi

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'; }

# Runs a command often and prints the median of its milliseconds, and its peak memory.
clock() { # LABEL COMMAND...
  local label=$1 start
  shift
  : >"$out/times"
  for ((i = 0; i < rounds; i++)); do
    start=${EPOCHREALTIME/[.,]/}
    "$@" >/dev/null || (($? == 1))
    echo $((${EPOCHREALTIME/[.,]/} - start)) >>"$out/times"
  done
  /usr/bin/time -q -f %M -o "$out/memory" "$@" >/dev/null || (($? == 1))
  printf '%-34s %8s ms %8d kB\n' "$label" "$(median "$out/times")" "$(<"$out/memory")"
}

if [[ $# -lt 3 ]]; then
  "$btfx" diff "$old" "$new" >"$out/text" || (($? == 1))
  grep -qx '44 changes: 7 layout, 19 signature, 18 compatible (28 changed, 14 added, 2 removed)' "$out/text"
  grep -q '^@@ struct device_type @@ layout: 48 -> 56 bytes, member need_parent_lock added at the end$' "$out/text"
  "$btfx" diff "$old" "$new" --summary --affects "$data/modules" >"$out/text" || (($? == 1))
  grep -qx '1 of 22 modules needs to be rebuilt: extcon-core' "$out/text"
fi
"$btfx" extract "$new" --byte-order big -o "$out/big.btf"
"$btfx" diff "$new" "$out/big.btf" >/dev/null
echo "the answers are right"

clock "two vmlinux" "$btfx" diff "$old" "$new"
clock "two vmlinux, one thread" "$btfx" --jobs 1 diff "$old" "$new"
clock "vmlinux with itself" "$btfx" diff "$new" "$new"
if [[ $# -ge 5 ]]; then
  rounds=${ROUNDS:-5}
  clock "two kernels with modules, judged" "$btfx" diff "$4" "$5" --old-base "$old" --new-base "$new"
fi
