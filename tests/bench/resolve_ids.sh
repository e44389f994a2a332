#!/usr/bin/env bash
# resolve_ids.sh BTFX BASE [COUNT]: how long does it take to resolve an object with a hundred thousand symbols?
#
# BASE is the BTF of a vmlinux. An object is made whose symbols name COUNT (default: 100,000) of its structs, unions,
# typedefs and functions: half of them in a list, half in sets of a thousand kfuncs with flags that tell who is who. First
# the answer is checked: every word against what `dump` says of the names, the sets sorted with their flags. Only then
# the clock is started. Medians of wall-clock and processor time and the peak of memory are printed.
set -euo pipefail

btfx=$(realpath "${1:?usage: resolve_ids.sh BTFX BASE [COUNT]}")
base=${2:?usage: resolve_ids.sh BTFX BASE [COUNT]}
count=${3:-100000}
rounds=${ROUNDS:-11}
set_size=1000
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$btfx" extract "$base" -o "$out/base.btf"

# Kind, name and lowest id of every type that can be named, as `dump` shows them.
"$btfx" dump "$out/base.btf" | sed -nE "s/^\[([0-9]+)\] (STRUCT|UNION|TYPEDEF|FUNC) '([^'(]+)'.*/\2 \3 \1/p" |
  awk '!seen[$1 $2]++ { print tolower($1), $2, $3 }' >"$out/types"

# The object: the list first, which takes the types in turn; then the sets, which take the functions.
awk -v count="$count" -v size=$set_size '
  { line[NR] = $0 }
  $1 == "func" { functions[++last] = $0 }
  END {
    print ".section .BTF_ids,\"a\""
    half = int(count / 2)
    for (i = 0; i < half; i++) {
      split(line[i % NR + 1], type)
      symbol(type, i)
      print type[3] > expected
    }
    for (; i < count; i++) {
      place = (i - half) % size
      if (place == 0) {
        name = "__BTF_ID__set8__set" int((i - half) / size)
        n = count - i < size ? count - i : size
        printf ".type %s,@object\n.size %s,%d\n%s:\n.long 0,1\n", name, name, 8 + 8 * n, name
      }
      split(functions[i % last + 1], type)
      symbol(type, i)
      printf ".long %d\n", place
      print int((i - half) / size), n, type[3], place > sets
    }
  }
  function symbol(type, i,   name) {
    name = "__BTF_ID__" type[1] "__" type[2] "__" i
    printf ".type %s,@object\n.size %s,4\n%s:\n.long 0\n", name, name, name
  }
' expected="$out/expected" sets="$out/sets" "$out/types" >"$out/object.s"
as "$out/object.s" -o "$out/object.o"
sort -n -s -k1,1 -k3,3 "$out/sets" | awk 'NR == 1 || $1 != set { set = $1; print $2; print 1 } { print $3; print $4 }' >>"$out/expected"

resolve=("$btfx" resolve-ids --btf "$out/base.btf" --no-sort -q "$out/object.o")
"${resolve[@]}"
od -An -v -t u4 -w4 "$out/object.o.BTF_ids" | tr -d ' ' | cmp - "$out/expected" ||
  { echo "resolve_ids.sh: ids are wrong" >&2; exit 1; }
echo "$(grep -c '^__BTF_ID__' "$out/object.s") symbols on $(wc -l <"$out/types") named types are right"

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
measure() { # LABEL COMMAND...
  local label=$1
  shift
  for ((i = 0; i < rounds; i++)); do
    perf stat -x, -e task-clock,duration_time -o "$out/perf" "$@" >/dev/null 2>&1 || true
    /usr/bin/time -f '%M' -o "$out/time" "$@" >/dev/null 2>&1 || true
    awk -F, '/duration_time/ { wall = $1 } /task-clock/ { cpu = $1 } END { print wall / 1e6, cpu }' "$out/perf" >>"$out/$label"
    tail -n 1 "$out/time" >>"$out/$label.memory"
  done
  awk -v label="$label" -v wall="$(awk '{ print $1 }' "$out/$label" | median)" \
    -v cpu="$(awk '{ print $2 }' "$out/$label" | median)" -v memory="$(median <"$out/$label.memory")" \
    'BEGIN { printf "%-20s %6.1f ms wall  %6.1f ms cpu  %6.1f MB\n", label, wall, cpu, memory / 1024 }'
}
# Everything but writing, because some names are borne by several types, which is fatal when that is asked for; then with
# both files written and synced; then with the types sorted.
measure resolve "$btfx" resolve-ids --btf "$out/base.btf" --no-sort -q --fatal-warnings "$out/object.o"
measure sidecars "${resolve[@]}"
measure sorted "$btfx" resolve-ids --btf "$out/base.btf" -q "$out/object.o"
