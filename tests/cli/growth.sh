#!/usr/bin/env bash
# label: slow
# Whatever the shape of its types, a BTF four times as large costs at most a little over four times the instructions, which
# callgrind counts. By default one command; GROWTH=all: all that read a BTF, at larger sizes, which takes minutes.
source "$(dirname "$0")/lib.sh"

command -v valgrind >/dev/null || skip "valgrind is not installed"
make_shape=$build/tests/btfx_shapes
[[ -x $make_shape ]] || skip "btfx_shapes is not built"

small=500
commands=("dump file F format c")
if [[ ${GROWTH-} == all ]]; then
  small=2500
  commands+=("dedup F --dry-run" "check F" "dump file F" "-j dump file F" "dump file F format layout" "diff F F" "diff F other" "merge F -o out"
    "merge --strict F -o out" "list F" "rebase F -B other -o out" "dump --sort file F format c" "dump file F name t1 format c")
fi
large=$((4 * small))

instructions() { # ARGUMENT...: how many btfx executes
  local log status=0
  log=$(mktemp -p "$PWD")
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$btfx_itself" --jobs 1 "$@" >/dev/null 2>&1 ||
    status=$?
  ((status < 124)) || fail "btfx $*: ended with status $status"
  sed -n 's/^==[0-9]*== Collected : //p' "$log" | grep . || fail "valgrind counts nothing for btfx $*"
  rm "$log"
}

measure() { # SHAPE COMMAND [TYPES]: a line when it grows too fast
  local few many none types=${3:-$small}
  # shellcheck disable=SC2086  # words are arguments
  few=$(instructions ${2//F/$1-$types}) many=$(instructions ${2//F/$1-$((4 * types))}) none=$(cat "none-${2//[ \/]/_}")
  # What does not depend on the size is taken off; logarithms and tables that double are allowed for.
  ((many - none > 5 * (few - none) + 5000000)) || return 0
  if ((types == small)); then
    # What comes once, such as what it costs to throw an error where a chain is too long, does not come again.
    "$make_shape" "$1" $((4 * large)) >"$1-$((4 * large))"
    measure "$1" "$2" "$large"
  else
    printf '%s: %s: %d instructions for %d types, %d for %d\n' "$1" "$2" $((few - none)) "$types" $((many - none)) $((4 * types))
  fi
}

"$make_shape" wide "$small" >other
"$make_shape" wide 1 >nothing
for command in "${commands[@]}"; do
  nothing=${command//F/nothing}
  # shellcheck disable=SC2086
  instructions ${nothing//other/nothing} >"none-${command//[ \/]/_}"
done
mapfile -t all < <("$make_shape")
for shape in "${all[@]}"; do
  for size in "$small" "$large"; do "$make_shape" "$shape" "$size" >"$shape-$size"; done
done
export -f measure instructions fail where
export make_shape btfx_itself failures small large
grown=$(for shape in "${all[@]}"; do
  for command in "${commands[@]}"; do printf '%s\n' "$shape" "$command"; done
done | xargs -d '\n' -n2 -P"$(nproc)" bash -c 'measure "$@"' measure)
[[ -z $grown ]] || fail "grows faster than its input:" "$grown"
