#!/usr/bin/env bash
# What a terminal changes: binary output is refused, messages are coloured and progress is shown, all of which can be
# decided otherwise.
set -eu
command -v script >/dev/null || { echo "script is not installed"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
export TERM=xterm
unset NO_COLOR
on_terminal() { # COMMAND : its output
  script -qec "$1" typescript >out </dev/null || true
  tr -d '\r' <out
}
red=$'\e[1;31m' plain=$'\e[0m'

text=$(on_terminal "'$BTFX' extract '$DATA/out-of-tree/demo-split.ko'; echo status \$?")
[[ $text == *"btfx: ${red}error:${plain} BTF is binary and is not written to a terminal: use -o FILE or a pipe"*"status 2" ]]
text=$(on_terminal "'$BTFX' dump nosuch --color never")
[[ $text == "btfx: error: nosuch: cannot open: No such file or directory" ]]
text=$(on_terminal "NO_COLOR=1 '$BTFX' dump nosuch")
[[ $text == "btfx: error: nosuch: cannot open: No such file or directory" ]]
text=$(on_terminal "NO_COLOR= TERM=dumb '$BTFX' dump nosuch")
[[ $text == "btfx: error: nosuch: cannot open: No such file or directory" ]]
text=$("$BTFX" dump nosuch --color always 2>&1) || true
[[ $text == "btfx: ${red}error:${plain} nosuch: cannot open: No such file or directory" ]]
text=$("$BTFX" dump nosuch 2>&1) || true
[[ $text == "btfx: error: nosuch: cannot open: No such file or directory" ]]

text=$("$BTFX" list "$DATA/modules" --progress always 2>&1 >rows)
[[ $text == $'\r\e[K['*' 1/22'*$'\r\e[K' ]]
[[ $(wc -l <rows) == 23 ]]
text=$("$BTFX" list "$DATA/modules" 2>&1 >rows)
[[ -z $text ]]
