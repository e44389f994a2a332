#!/usr/bin/env bash
# dump.sh BTFX [BTF]: how much faster than bpftool are the dumps of a vmlinux?
#
# The answers are compared byte for byte before any clock is started. Then the two programs run in turn, so that what
# else the machine does hits both alike, with output to /dev/null and to a file; medians and the peak memory are printed.
# BTF is a raw file; without it, the one among the test data is used. The C dumps are timed without being compared: old
# versions of bpftool spell them differently and do not sort.
set -euo pipefail

btfx=$(realpath "${1:?usage: dump.sh BTFX [BTF]}")
rounds=${ROUNDS:-30}
data=$(dirname "$(realpath "$0")")/../data
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
if [[ $# -gt 1 ]]; then
  btf=$2
else
  btf=$out/vmlinux.btf
  xz -dc "$data/vmlinux-6.12.115.btf.xz" >"$btf"
fi
command -v bpftool >/dev/null || { echo "dump.sh: bpftool is not installed" >&2; exit 77; }

# Prints the microseconds that a command takes with its output to a file.
clock() { # FILE COMMAND...
  local file=$1 start end
  shift
  start=${EPOCHREALTIME/[.,]/}
  "$@" >"$file"
  end=${EPOCHREALTIME/[.,]/}
  echo $((end - start))
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

kilobytes() {
  /usr/bin/time -f %M -o "$out/memory" "$@" >/dev/null
  cat "$out/memory"
}

# A row: both commands in turn.
race() { # LABEL OURS THEIRS (each a string of words)
  local label=$1 sink ours theirs
  local -a a b
  read -ra a <<<"$2"
  read -ra b <<<"$3"
  for sink in /dev/null "$out/sink"; do
    : >"$out/ours"
    : >"$out/theirs"
    for ((i = 0; i < rounds; i++)); do
      clock "$sink" "${a[@]}" >>"$out/ours"
      clock "$sink" "${b[@]}" >>"$out/theirs"
    done
    ours=$(median "$out/ours") theirs=$(median "$out/theirs")
    awk -v label="$label" -v sink="${sink##*/}" -v ours="$ours" -v theirs="$theirs" \
      -v m="$(kilobytes "${a[@]}")" -v n="$(kilobytes "${b[@]}")" 'BEGIN {
        printf "%-14s to %-5s %8.1f ms %8.1f ms  %5.1f times faster   %7d kB %7d kB\n",
               label, sink == "null" ? "null" : "file", ours / 1000, theirs / 1000, theirs / ours, m, n }'
  done
}

cmp <("$btfx" dump file "$btf") <(bpftool btf dump file "$btf")
cmp <("$btfx" -j dump file "$btf") <(bpftool -j btf dump file "$btf")
cmp <("$btfx" -p dump file "$btf") <(bpftool -p btf dump file "$btf")
echo "raw, JSON and pretty JSON are bpftool's, byte for byte"

printf '%-22s %11s %11s %32s %10s\n' '' btfx bpftool 'peak memory: btfx' bpftool
race raw "$btfx dump file $btf" "bpftool btf dump file $btf"
race JSON "$btfx -j dump file $btf" "bpftool -j btf dump file $btf"
race "pretty JSON" "$btfx -p dump file $btf" "bpftool -p btf dump file $btf"
race "C" "$btfx dump file $btf format c" "bpftool btf dump file $btf format c"
