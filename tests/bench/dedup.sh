#!/usr/bin/env bash
# dedup.sh BTFX MODULES BASE [DIGESTS]: how long does de-duplicating take?
#
# MODULES is a directory of modules, best uncompressed, BASE what they were built against. DIGESTS is a table of module,
# SHA-256 of its split BTF after libbpf's btf__dedup, and further columns, separated by tabs. First the answers are
# checked: by DIGESTS, if it is given; what comes out must not change a second time, and its names and members must be
# those of the input. Only then the clock is started; everything is warm, and nothing is written. Medians of processor
# and wall-clock time, and the peak of memory, are printed for all modules and for a hundred of them.
#
# With LIBBPF, the directory that libbpf was installed below (`make install DESTDIR=$LIBBPF`, with its static library),
# what its btf__dedup makes of each module is compared, and its cost is printed as well: one run, in one process.
set -euo pipefail

usage='usage: dedup.sh BTFX MODULES BASE [DIGESTS]'
btfx=$(realpath "${1:?$usage}")
modules=${2:?$usage}
base=${3:?$usage}
digests=${4:-}
rounds=${ROUNDS:-11}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$btfx" extract "$base" -o "$out/base.btf"

# The answers.
"$btfx" dedup "$modules" -B "$out/base.btf" --output-dir "$out/once" >"$out/report"
count=$(find "$out/once" -name '*.BTF' | wc -l)
if [ -n "$digests" ]; then
  (cd "$out/once" && sha256sum -- *.BTF) | sed 's/^\([0-9a-f]*\)  \(.*\)\.BTF$/\2\t\1/' | sort >"$out/have"
  grep -v '^#' "$digests" | cut -f 1,2 | sort >"$out/want"
  cmp "$out/have" "$out/want" || { echo "dedup.sh: the bytes are not those of libbpf" >&2; exit 1; }
  echo "$count modules are what libbpf makes of them"
fi
find "$out/once" -name '*.BTF' | sort | awk 'NR <= 200' | while read -r one; do
  "$btfx" dedup "$one" -B "$out/base.btf" -o - | cmp - "$one"
done
names() { "$btfx" dump "$1" -B "$out/base.btf" | sed -E "s/^\[[0-9]+\]//; s/type_id=[0-9]+//g" | sort -u; }
find "$modules" -name '*.ko*' | sort | awk 'NR <= 100' | while read -r module; do
  name=${module##*/}
  names "$module" >"$out/before"
  names "$out/once/${name%.[gxz]*}.BTF" >"$out/after"
  [ -z "$(comm -13 "$out/before" "$out/after")" ] || { echo "dedup.sh: $name has what it had not" >&2; exit 1; }
done
tail -n 3 "$out/report"

if [ -n "${LIBBPF:-}" ]; then
  library=$(find "$LIBBPF" -name libbpf.a | head -n 1)
  "${CC:-cc}" -O2 "$(dirname "$0")/dedup_libbpf.c" -I"$LIBBPF/usr/include" -o "$out/dedup_libbpf" "$library" -lelf -lz
  mkdir "$out/raw" "$out/libbpf"
  find "$modules" -name '*.ko*' | while read -r module; do
    name=${module##*/}
    "$btfx" extract "$module" -o "$out/raw/${name%.[gxz]*}.BTF"
  done
  find "$out/raw" -type f >"$out/list"
  "$out/dedup_libbpf" "$out/base.btf" "$out/libbpf" <"$out/list" >/dev/null
  while read -r raw; do cmp "$out/libbpf/${raw##*/}" "$out/once/${raw##*/}"; done <"$out/list"
  echo "$(wc -l <"$out/list") modules are what this libbpf makes of them"
fi

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# A row: medians over the rounds of what GNU time says.
measure() { # LABEL MODULES COMMAND...
  local label=$1 modules=$2 wall cpu memory
  shift 2
  for ((i = 0; i < rounds; i++)); do
    /usr/bin/time -f '%e %U %S %M' -o "$out/time" "$@" >/dev/null 2>&1 || true
    tail -n 1 "$out/time" >>"$out/$label"
  done
  wall=$(awk '{ print $1 }' "$out/$label" | median)
  cpu=$(awk '{ print $2 + $3 }' "$out/$label" | median)
  memory=$(awk '{ print $4 }' "$out/$label" | median)
  awk -v label="$label" -v wall="$wall" -v cpu="$cpu" -v memory="$memory" -v count="$modules" 'BEGIN {
    printf "%-20s %5d modules %6.2f s wall  %6.2f s cpu  %6.0f us cpu a module  %6.1f MB\n",
           label, count, wall, cpu, 1e6 * cpu / count, memory / 1024 }'
}
find "$modules" -name '*.ko*' | sort | awk 'NR % 42 == 1 && ++n <= 100' >"$out/some"
mapfile -t some <"$out/some"
measure base-alone 1 "$btfx" dedup "${some[0]}" -B "$out/base.btf" --dry-run
measure dedup-100 "${#some[@]}" "$btfx" dedup "${some[@]}" -B "$out/base.btf" --dry-run
for jobs in 1 2; do
  measure "dedup-jobs-$jobs" "$count" "$btfx" dedup "$modules" -B "$out/base.btf" --dry-run --jobs $jobs
  measure "bloat-jobs-$jobs" "$count" "$btfx" check --bloat "$modules" -B "$out/base.btf" --jobs $jobs
done
if [ -n "${LIBBPF:-}" ]; then
  /usr/bin/time -f '%e %U %S %M' -o "$out/time" "$out/dedup_libbpf" "$out/base.btf" <"$out/list" >/dev/null
  awk -v count="$count" '{ printf "%-20s %5d modules %6.2f s wall  %6.2f s cpu  %6.0f us cpu a module  %6.1f MB\n",
    "btf__dedup", count, $1, $2 + $3, 1e6 * ($2 + $3) / count, $4 / 1024 }' "$out/time"
fi
