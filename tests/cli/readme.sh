#!/usr/bin/env bash
# label: slow
# What README.md shows is what btfx prints: each `$ btfx` line that names files of tests/data is run, and the lines after it
# are its output. A line of "..." ends what is compared.
source "$(dirname "$0")/lib.sh"

ln -s "$root/tests" tests
ran=0
run_example() { # COMMAND EXPECTED
  local came expected=$2
  [[ $1 == *tests/data* ]] || return 0
  came=$(bash -c "$1" 2>&1) || [[ $? == 1 ]] || fail "$1:" "$came"
  while [[ $expected == *$'\n' ]]; do expected=${expected%$'\n'}; done
  if [[ $expected == *... ]]; then
    expected=${expected%...}
    came=${came:0:${#expected}}
  fi
  same "$expected" "$came" "README.md does not show what this prints: $1"
  ((++ran))
}

command='' expected=''
while IFS= read -r line; do
  if [[ $line == '    $ btfx '* || ($line != '    '* && -n $line) ]]; then
    [[ -z $command ]] || run_example "$command" "$expected"
    command='' expected=''
    [[ $line != '    $ btfx '* ]] || command=${line#'    $ '}
  elif [[ -n $command ]]; then
    expected+=${line#'    '}$'\n'
  fi
done < <(cat "$root/README.md" && echo end)
((ran >= 4)) || fail "only $ran examples were found"
