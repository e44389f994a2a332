#!/usr/bin/env bash
# The exit status is 0, 1 or 2 and nothing else; what is wrong is one line on standard error.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

expect() { # STATUS ARGUMENT...
  local wanted=$1 status=0
  shift
  "$BTFX" "$@" >"$work/out" 2>"$work/err" || status=$?
  [[ $status == "$wanted" ]] || { echo "btfx $*: status $status, not $wanted" >&2; exit 1; }
}
refused() { # ARGUMENT... : status 2, nothing on standard output, one line that begins as all do
  expect 2 "$@"
  [[ ! -s $work/out && $(wc -l <"$work/err") == 1 ]] || { echo "btfx $*: more than one line" >&2; exit 1; }
  grep -q '^btfx: error: ' "$work/err"
}
helpful() { # ARGUMENT... : status 0, and everything on standard output
  expect 0 "$@"
  [[ -s $work/out && ! -s $work/err ]] || { echo "btfx $*: not on standard output" >&2; exit 1; }
}

helpful --help
helpful -h
helpful help
helpful help dump
helpful dump --help
helpful extract -h
helpful --version
helpful -V
helpful list "$DATA/out-of-tree/demo-split.ko"
refused
refused nosuch
refused dum
refused --nosuch
refused dump --nosuch
refused dump
refused dump -B
refused dump --json=3 x
refused dump "$work/nosuch"
refused dump "$work/nosuch" -j
refused dump "$DATA/README.md"
refused help nosuch
refused --jobs 0 list
refused --jobs many list
refused --color sometimes list
expect 2 list "$work/nosuch" "$DATA/out-of-tree/demo-split.ko"
grep -q 'demo-split.ko$' "$work/out"
grep -q "^btfx: error: $work/nosuch: " "$work/err"
