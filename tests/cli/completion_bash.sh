#!/usr/bin/env bash
# Bash completes commands, options, values, the words of dump, and files: asked as the shell itself asks, without any
# completion library.
set -eu
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir dir && touch dir/tun.ko 'two words.ko'

# complete_words WORD... : the completions of the last word, sorted, on one line.
complete_words() {
  bash --norc --noprofile -c '
    source "$0"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _btfx 2>/dev/null
    printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort -u | paste -sd "|"
  ' "$root/completions/btfx.bash" "$@"
}
expect() { # WANTED WORD...
  local wanted=$1 got
  shift
  got=$(complete_words "$@")
  [[ $got == "$wanted" ]] || { echo "$*: expected $wanted, got $got" >&2; exit 1; }
}
contains() { # WANTED WORD...
  local wanted=$1 got
  shift
  got=$(complete_words "$@")
  [[ "|$got|" == *"|$wanted|"* ]] || { echo "$*: expected $wanted among $got" >&2; exit 1; }
}

expect 'dump' btfx du
contains 'extract' btfx ''
expect 'dump' btfx -j -B base du
expect '--json' btfx --js
expect '--section' btfx extract --sec
expect 'always|auto' btfx --color a
expect 'always|auto' btfx dump --color = a
expect 'always|auto|never' btfx dump --color =
expect 'little' btfx extract x --byte-order li
expect '.BTF.base' btfx extract --section .BTF.b
contains 'file' btfx dump ''
contains 'running' btfx dump ''
contains 'two words.ko' btfx dump tw
expect 'dir/tun.ko' btfx dump file dir/
expect 'dir/tun.ko' btfx -B dir/
expect 'running' btfx dump file run
expect 'none' btfx check x.ko -B non
expect 'running' btfx -B run
expect '' btfx dump file non
for release in /lib/modules/*/ /boot/vmlinuz-*; do
  [[ -e $release ]] || continue
  release=${release%/} && release=${release##*/}
  contains "${release#vmlinuz-}" btfx check x.ko -B ''
done
expect 'file|format' btfx dump x f
expect 'json' btfx dump file x format j
expect 'json' btfx dump -j file x format j
expect 'struct' btfx dump file x kind str
expect '' btfx dump file x root_id ''
expect 'id|name|pinned|tag' btfx dump prog ''
expect 'value' btfx dump map id 3 val
expect '' btfx dump prog id 3 val
expect 'list' btfx help li
expect 'dir/tun.ko' btfx list -- dir/
expect 'dir/tun.ko' btfx extract -o dir/
