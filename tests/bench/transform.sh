#!/usr/bin/env bash
# transform.sh BTFX MODULES BASE [TARGET]: how long do distilling and relocating take, module by module and together?
#
# MODULES is a directory of modules, best uncompressed, BASE what they were built against, TARGET another build's base
# (default: BASE). First the answers are checked: every result of distilling must relocate onto BASE, and the types must
# be those that `dump` shows of the module itself. Only then the clock is started; everything is warm, and nothing is
# written. Medians of processor and wall-clock time, and the peak of memory, are printed.
set -euo pipefail

btfx=$(realpath "${1:?usage: transform.sh BTFX MODULES BASE [TARGET]}")
modules=${2:?usage: transform.sh BTFX MODULES BASE [TARGET]}
base=${3:?usage: transform.sh BTFX MODULES BASE [TARGET]}
target=${4:-$base}
rounds=${ROUNDS:-11}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Raw, so that unpacking a kernel image is not what is measured.
"$btfx" extract "$base" -o "$out/base.btf"
"$btfx" extract "$target" -o "$out/target.btf"

# The answers.
"$btfx" relocate "$modules" --from "$out/base.btf" -B "$out/base.btf" --output-dir "$out/back" >"$out/report" ||
  { tail -n 20 "$out/report" >&2; exit 1; }
count=$(find "$out/back" -name '*.BTF' | wc -l)
# The first hundred in full: without ids, the lines of the module's own types come back as they were.
find "$modules" -name '*.ko*' | sort | head -n 100 | while read -r module; do
  name=${module##*/}
  name=${name%.[gxz]*}
  "$btfx" dump "$module" -B "$out/base.btf" | sed 's/type_id=[0-9]*//g' >"$out/before"
  "$btfx" dump "$out/back/$name.BTF" -B "$out/base.btf" | sed 's/type_id=[0-9]*//g' |
    head -n "$(wc -l <"$out/before")" >"$out/after"
  cmp "$out/before" "$out/after" || { echo "transform.sh: $name came back changed" >&2; exit 1; }
done
echo "$count modules relocate back onto their own base"

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# A row: medians over the rounds of what GNU time says.
measure() { # LABEL COMMAND...
  local label=$1 wall cpu memory
  shift
  for ((i = 0; i < rounds; i++)); do
    /usr/bin/time -f '%e %U %S %M' -o "$out/time" "$@" >/dev/null 2>&1 || true
    tail -n 1 "$out/time" >>"$out/$label"
  done
  wall=$(awk '{ print $1 }' "$out/$label" | median)
  cpu=$(awk '{ print $2 + $3 }' "$out/$label" | median)
  memory=$(awk '{ print $4 }' "$out/$label" | median)
  awk -v label="$label" -v wall="$wall" -v cpu="$cpu" -v memory="$memory" -v count="$count" 'BEGIN {
    printf "%-20s %6.2f s wall  %6.2f s cpu  %6.0f us cpu a module  %6.1f MB\n",
           label, wall, cpu, 1e6 * cpu / count, memory / 1024 }'
}
for jobs in 1 2; do
  measure "distill-jobs-$jobs" "$btfx" distill "$modules" -B "$out/base.btf" --dry-run --jobs $jobs
  measure "relocate-jobs-$jobs" "$btfx" relocate "$modules" --from "$out/base.btf" -B "$out/target.btf" --dry-run --jobs $jobs
done
