#!/usr/bin/env bash
# Fish completes commands, options, values, the words of dump, and files.
set -eu
command -v fish >/dev/null || { echo "fish is not installed"; exit 77; }
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
cd "$work"
mkdir dir && touch dir/tun.ko

# completions LINE: the completions of its last word without their descriptions, sorted, on one line.
completions() {
  # shellcheck disable=SC2016
  fish --no-config -c 'source $argv[1]; complete -C$argv[2]' "$root/completions/btfx.fish" "$1" |
    cut -f1 | LC_ALL=C sort -u | paste -sd '|'
}
expect() { # WANTED LINE
  local got
  got=$(completions "$2")
  [[ $got == "$1" ]] || { echo "$2: expected $1, got $got" >&2; exit 1; }
}
contains() { # WANTED LINE
  local got
  got=$(completions "$2")
  [[ "|$got|" == *"|$1|"* ]] || { echo "$2: expected $1 among $got" >&2; exit 1; }
}

expect 'dump' 'btfx du'
contains 'extract' 'btfx '
expect 'dump' 'btfx -j -B base du'
expect '--json' 'btfx --js'
expect '--section' 'btfx extract --sec'
expect '--color=always|--color=auto' 'btfx dump --color=a'
expect 'little' 'btfx extract x --byte-order li'
contains 'prog' 'btfx dump '
contains 'running' 'btfx dump '
expect 'dir/tun.ko' 'btfx dump file dir/tu'
expect 'dir/tun.ko' 'btfx -B dir/tu'
expect 'none' 'btfx check x.ko -B non'
expect 'running' 'btfx -B run'
expect '' 'btfx dump file non'
expect 'file|format' 'btfx dump x f'
expect 'json' 'btfx dump file x format j'
expect 'json' 'btfx dump -j file x format j'
expect 'struct' 'btfx dump file x kind str'
expect 'id|name|pinned|tag' 'btfx dump prog '
expect 'value' 'btfx dump map id 3 val'
expect '' 'btfx dump prog id 3 val'
expect 'list' 'btfx help li'
