#!/usr/bin/env bash
# core.sh BTFX: how long does it take to resolve 108 CO-RE relocations on eight kernels?
#
# The kernels are the two vmlinux among the test data, raw, four times each. The answers are checked before any clock is
# started. An object without relocations tells what loading alone takes; the rest is indexing names and resolving.
set -euo pipefail

btfx=$(realpath "${1:?usage: core.sh BTFX}")
rounds=${ROUNDS:-20}
data=$(dirname "$(realpath "$0")")/../data
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

bases=()
for i in 1 2 3 4; do
  for release in 6.12.115 6.12.117; do
    xz -dc "$data/vmlinux-$release.btf.xz" >"$out/$release.$i.btf"
    bases+=(-B "$out/$release.$i.btf")
  done
done
objects=()
for i in 1 2 3 4 5 6 7 8 9; do
  cp "$data/bpf/probe.bpf.o" "$out/$i.bpf.o"
  objects+=("$out/$i.bpf.o")
done
# The length of the relocations in .BTF.ext, made 0.
at=$(LC_ALL=C grep -aobP '\x9f\xeb\x01\x00\x20\x00\x00\x00' "$data/bpf/probe.bpf.o" | tail -n 1 | cut -d: -f1)
cp "$data/bpf/probe.bpf.o" "$out/none.bpf.o"
printf '\0\0\0\0' | dd of="$out/none.bpf.o" bs=1 seek=$((at + 28)) conv=notrunc status=none

"$btfx" core "$out/none.bpf.o" | grep -q 'has no CO-RE relocations$'
"$btfx" -j core "${objects[@]}" "${bases[@]}" >"$out/json" || [ $? = 1 ] # that some fail is an answer
verdict() { grep -o "\"verdict\":\"$1\"" "$out/json" | wc -l; }
[[ $(verdict ok) == $((8 * 9 * 7)) && $(verdict same) == $((8 * 9 * 3)) && $(verdict poison) == $((8 * 9 * 2)) ]]
echo "the answers are right"

# Medians over the rounds, in milliseconds: of the time that passes, and of processor time.
clock() { # COMMAND...
  local TIMEFORMAT='%R %U %S' cpu
  : >"$out/times"
  for ((i = 0; i < rounds; i++)); do
    { time "$@" >/dev/null; } 2>>"$out/times"
  done
  for cpu in 0 1; do
    awk -v cpu=$cpu '{ print 1000 * (cpu ? $2 + $3 : $1) }' "$out/times" | sort -n |
      awk '{ v[NR] = $1 } END { printf "%.0f ", v[int((NR + 1) / 2)] }'
  done
  echo
}
for jobs in 1 2; do
  read -r wall cpu < <(clock "$btfx" core --jobs $jobs "$out/none.bpf.o" "${bases[@]}")
  read -r all_wall all_cpu < <(clock "$btfx" core --jobs $jobs "${objects[@]}" "${bases[@]}")
  echo "$jobs jobs: loading 8 kernels $wall ms ($cpu ms cpu)," \
    "resolving 9 x 12 relocations on each $((all_wall - wall)) ms ($((all_cpu - cpu)) ms cpu)"
done
