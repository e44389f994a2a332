#!/usr/bin/env bash
# The exit status is 0, 1 or 2 and nothing else; what is wrong is one line on standard error.
. "$(dirname "$0")/lib.sh"

refused() { # ARGUMENT... : status 2, nothing on standard output, one line that begins as all do
  expect 2 btfx "$@"
  same '' "$(<out)" "btfx $*: standard output"
  same 1 "$(wc -l <err)" "btfx $*: lines of messages"
  has err '^btfx: error: '
}
helpful() { # ARGUMENT... : status 0, and everything on standard output
  expect 0 btfx "$@"
  assert -s out
  same '' "$(<err)"
}

helpful
helpful --help
helpful -h
helpful help
helpful help dump
helpful dump --help
helpful extract -h
helpful --version
helpful -V
helpful version
helpful help sources
helpful btf help
helpful list "$DATA/out-of-tree/demo-split.ko"
refused -j
refused nosuch
refused dum
refused --nosuch
refused dump --nosuch
refused dump
refused dump -B
refused dump --json=many x
refused dump nosuch
expect 2 btfx -j dump nosuch
same 1 "$(wc -l <err)" 'lines of messages'
same '[]' "$(jq -c .results out)"
refused dump "$DATA/README.md"
refused help nosuch
refused --jobs 0 list
refused --jobs many list
refused --color sometimes list
expect 2 btfx list nosuch "$DATA/out-of-tree/demo-split.ko"
has out 'demo-split.ko$'
has err "^btfx: error: nosuch: "
