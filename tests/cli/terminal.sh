#!/usr/bin/env bash
# What a terminal changes: binary output is refused, messages are coloured and progress is shown, all of which can be
# decided otherwise.
. "$(dirname "$0")/lib.sh"
need script
export TERM=xterm
unset NO_COLOR
on_terminal() { # COMMAND : its output
  script -qec "$1" typescript >out </dev/null || true
  tr -d '\r' <out
}
red=$'\e[1;31m' plain=$'\e[0m'
plain_error='btfx: error: nosuch: cannot open: No such file or directory'

text=$(on_terminal "'$BTFX' extract '$DATA/out-of-tree/demo-split.ko'; echo status \$?")
contains "$text" "btfx: ${red}error:${plain} BTF is binary and is not written to a terminal: use -o FILE or a pipe"
matches "$text" 'status 2$'
text=$(on_terminal "'$BTFX' dump nosuch --color never")
same "$plain_error" "$text"
text=$(on_terminal "NO_COLOR=1 '$BTFX' dump nosuch")
same "$plain_error" "$text"
text=$(on_terminal "NO_COLOR= TERM=dumb '$BTFX' dump nosuch")
same "$plain_error" "$text"
expect 2 btfx dump nosuch --color always
same "btfx: ${red}error:${plain} nosuch: cannot open: No such file or directory" "$(<err)"
expect 2 btfx dump nosuch
same "$plain_error" "$(<err)"

expect 0 btfx list "$DATA/modules" --progress always
matches "$(<err)" $'^\r\e\\[K\\[.* 1/22.*\r\e\\[K$'
same 23 "$(wc -l <out)"
expect 0 btfx list "$DATA/modules"
same '' "$(<err)"

# Layouts in colour are the same text.
expect 0 btfx dump "$old" format layout name sk_buff --color always
sed $'s/\e\\[[0-9;]*m//g' out >plain
same_files <(btfx dump "$old" format layout name sk_buff) plain
has out -x $'\e\\[1mstruct sk_buff {\e\\[0m'
has out -x $'\t*\e\\[36m/\\* --- cacheline 2 (128 bytes) --- \\*/\e\\[0m'
has out -E $'^\t+\e\\[33m/\\* hole: [0-9]+ (bits?|bytes?) \\*/\e\\[0m$'
