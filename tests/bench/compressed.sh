#!/usr/bin/env bash
# What a batch over compressed modules costs beside taking off the compression: CPU seconds of both, and their ratio.
#   compressed.sh DIRECTORY BASE [COMMAND...]   (.ko.xz files; default command: distill --dry-run)
set -euo pipefail
btfx=${BTFX:-build/btfx}
[ $# -ge 2 ] || { sed -n '2,3s/^# *//p' "$0"; exit 2; }
modules=$1 base=$2
shift 2
[ $# -gt 0 ] || set -- distill --dry-run

# The answer first: every module is there, and compressed.
count=$(find "$modules" -name '*.ko.xz' | wc -l)
[[ $("$btfx" check "$modules" -B "$base" -j | jq .summary.good) == "$count" ]]

TIMEFORMAT='%U %S'
cpu() { # COMMAND...
  { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}
unpack() { find "$modules" -name '*.ko.xz' -print0 | xargs -0 -P "$(nproc)" -n 200 xz -dc; }

for run in 1 2 3; do
  alone=$(cpu unpack)
  whole=$(cpu "$btfx" "$@" "$modules" -B "$base")
  awk -v run=$run -v modules="$count" -v alone="$alone" -v whole="$whole" 'BEGIN {
    printf "%d: %d modules, xz -dc %.2f s, btfx %.2f s: %.2f times\n", run, modules, alone, whole, whole / alone }'
done
