#!/usr/bin/env bash
# Fuzzes by hand, in quantity: each target in turn for a slice of time, over and over, one process at a time, until the file
# DIRECTORY/stop is there. What was found interesting stays in DIRECTORY/corpus, faults go into DIRECTORY/faults, and each
# slice adds a line to DIRECTORY/runs.tsv: target, executions, seconds, commit, status.
# Usage: tests/fuzz/many.sh BUILD DIRECTORY [SECONDS [TARGET...]]
#   many.sh total DIRECTORY: executions and seconds of each target
set -euo pipefail
fuzz=$(realpath "$(dirname "$0")")

if [ "$1" = total ]; then
  awk -F '\t' '{ runs[$1] += $2; seconds[$1] += $3; all += $2 }
    END { for (name in runs) printf "%-10s %10d executions, %6d seconds\n", name, runs[name], seconds[name] | "sort"
      close("sort"); printf "%-10s %10d\n", "together", all }' "$2/runs.tsv"
  exit 0
fi

build=$(realpath "$1") directory=$2 seconds=${3:-60}
commit=$(git -C "$fuzz" describe --always --dirty)
if [ $# -gt 3 ]; then targets=("${@:4}"); else mapfile -t targets < <(ls "$fuzz/corpus"); fi
mkdir -p "$directory/faults"
while true; do
  for target in "${targets[@]}"; do
    [ ! -e "$directory/stop" ] || exit 0
    log=$directory/$target.log status=0 started=$SECONDS
    mkdir -p "$directory/corpus/$target"
    nice -n 19 "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -entropic=0 -reload=0 -print_funcs=0 -max_len=8192 -timeout=60 \
      -malloc_limit_mb=8192 -print_final_stats=1 -artifact_prefix="$directory/faults/$target-" \
      "$directory/corpus/$target" "$fuzz/corpus/$target" >"$log" 2>&1 || status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '%s\t%s\t%s\t%s\t%s\n' "$target" "${runs:-0}" $((SECONDS - started)) "$commit" "$status" >>"$directory/runs.tsv"
    [ "$status" = 0 ] || cp "$log" "$directory/faults/$target.log"
  done
done
