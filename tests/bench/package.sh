#!/usr/bin/env bash
# What checking the modules of a package costs beside taking off its compression, and how soon a missing base is told.
#   package.sh BTFX MODULES.deb IMAGE.deb
# MODULES.deb has xz'ed modules, IMAGE.deb the kernel image that they were built for, both with data.tar.xz. unpack.cc
# does nothing but unpack both packages and each module, on two threads; the answer of `check` is looked at first, then
# both take turns, warm, on two threads. Medians of wall-clock and processor time, their ratios, and the peak of memory.
set -euo pipefail
[ $# = 3 ] || { sed -n '3,6s/^# *//p' "$0"; exit 2; }
btfx=$(realpath "$1") modules=$(realpath "$2") image=$(realpath "$3")
rounds=${ROUNDS:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CXX:-c++}" -std=c++20 -O2 -pthread "$(dirname "$0")/unpack.cc" -o "$work/unpack" -llzma

# The answer: every module of the package is there, and ok.
"$work/unpack" "$modules" "$image" | tee "$work/unpacked"
read -r count _ <"$work/unpacked"
"$btfx" check "$modules" -B "$image" -j --jobs 2 | jq -e --argjson count "$count" \
  '.summary.good == $count and .summary.modules == $count' >/dev/null

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
measure() { # LABEL COMMAND...: adds to the files LABEL.wall, LABEL.cpu and LABEL.memory
  /usr/bin/time -f '%e %U %S %M' -o "$work/time" "${@:2}" >/dev/null 2>&1 || true
  tail -n 1 "$work/time" | awk -v to="$work/$1" '{
    print $1 >>(to ".wall"); print $2 + $3 >>(to ".cpu"); print $4 / 1024 >>(to ".memory") }'
}
for ((i = 0; i < rounds; i++)); do
  measure unpack "$work/unpack" "$modules" "$image"
  measure check "$btfx" check "$modules" -B "$image" --jobs 2
done
for what in unpack check; do
  printf '%-7s %6.2f s wall  %6.2f s cpu  %6.1f MB\n' $what "$(median "$work/$what.wall")" "$(median "$work/$what.cpu")" \
    "$(median "$work/$what.memory")"
done
awk -v a="$(median "$work/unpack.wall")" -v b="$(median "$work/check.wall")" -v c="$(median "$work/unpack.cpu")" \
  -v d="$(median "$work/check.cpu")" 'BEGIN { printf "check / unpack: %.2f wall, %.2f cpu\n", b / a, d / c }'

# Alone, without the image beside it.
mkdir "$work/alone"
ln -s "$modules" "$work/alone/modules.deb"
for ((i = 0; i < rounds; i++)); do measure missing "$btfx" check "$work/alone/modules.deb"; done
printf 'missing base told after %.2f s\n' "$(median "$work/missing.wall")"
