#!/usr/bin/env bash
# distilled.sh BTFX [COPIES [BASE MODULES]]: what do distilled modules cost beside split ones?
#
# A tree of several hundred modules, real ones copied under other names, is read twice: with split BTF, and the same
# modules distilled. Relocating them must not take a pass over the base for each. The answers are checked before any
# clock is started: the two trees do not differ, and commands find the same in them. Without BASE and MODULES those of
# the test data are taken. Medians of processor time; the ratio of each command shall stay below 1.3.
set -euo pipefail

btfx=$(realpath "${1:?usage: distilled.sh BTFX [COPIES [BASE MODULES]]}")
copies=${2:-20}
rounds=${ROUNDS:-5}
data=$(dirname "$(realpath "$0")")/../data
base=$(realpath "${3:-$data/vmlinux-6.12.115.btf.xz}")
modules=$(realpath "${4:-$data/modules}")
object=$data/bpf/probe.bpf.o
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"

"$btfx" extract "$base" -o base.btf
mkdir split distilled
for file in "$modules"/*.ko*; do
  name=$(basename "$file" .xz)
  if [[ $file == *.xz ]]; then
    xz -dc "$file" >"split/$name"
  else
    cp "$file" "split/$name"
  fi
done
cp split/*.ko distilled/
"$btfx" distill distilled -B base.btf --in-place --strip-signature >/dev/null 2>&1
for tree in split distilled; do
  for file in "$tree"/*.ko; do
    for ((i = 1; i < copies; i++)); do cp "$file" "${file%.ko}_$i.ko"; done
  done
done

# One of the programs fails on any kernel, so that the status is 1.
core() { "$btfx" -j core "$object" -B base.btf --modules "$1" --search-all || [ $? = 1 ]; }
diff_with_itself() { "$btfx" diff "$1" "$1" --old-base base.btf --new-base base.btf; }
dump() {
  local file words=()
  for file in "$1"/*.ko; do words+=(file "$file"); done
  "$btfx" dump "${words[@]}" -B base.btf
}
merge() { "$btfx" merge "$1" -B base.btf -o -; }

same() { # COMMAND
  "$1" split >expected
  "$1" distilled >actual
  cmp expected actual || { echo "distilled.sh: $1 finds something else in distilled modules" >&2; exit 1; }
}
[[ $("$btfx" diff split distilled --old-base base.btf --new-base base.btf) == *'No differences.'* ]]
same core
echo "the answers are right: $(find split -name '*.ko' | wc -l) modules"

# The median of a command's processor time on a tree, in milliseconds.
clock() { # COMMAND TREE
  local TIMEFORMAT='%U %S'
  for ((i = 0; i < rounds; i++)); do
    { time "$1" "$2" >/dev/null; } 2>>"$1-$2"
  done
  awk '{ print 1000 * ($1 + $2) }' "$1-$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
for command in core diff_with_itself dump merge; do
  split=$(clock "$command" split)
  distilled=$(clock "$command" distilled)
  awk -v command="$command" -v split_ms="$split" -v distilled_ms="$distilled" 'BEGIN {
    printf "%-18s %6.0f ms split %6.0f ms distilled: %.2f times\n",
           command, split_ms, distilled_ms, distilled_ms / split_ms }'
done
