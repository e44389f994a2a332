#!/usr/bin/env bash
# Tables fit the width of a terminal and show verdicts in colour; files and pipes get whole lines without colours.
. "$(dirname "$0")/lib.sh"
need script
export TERM=xterm
unset NO_COLOR COLUMNS LINES
on_terminal() { # WIDTH COMMAND : its output
  script -qec "stty cols $1 rows 200; $2" typescript >out </dev/null || true
  tr -d '\r' <out
}
widest() { # TEXT : the length of its longest line, colours not counted
  printf '%s\n' "$1" | sed 's/\x1b\[[0-9;]*m//g' | awk '{ if (length > most) most = length } END { print most }'
}
green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
mkdir -p a/directory/with/quite/a/long/name
cp "$DATA/out-of-tree/demo-distilled.ko" "$DATA/out-of-tree/demo-split.ko" "$DATA/modules/tun.ko.xz" a/directory/with/quite/a/long/name/

# list: columns are left out, the build id is short, and of a source the middle is left out.
btfx list a >whole
text=$(on_terminal 80 "'$BTFX' list a --color never")
assert "$(widest "$text")" -le 80
same '  TYPES      .BTF RELATION   RELEASE              SOURCE' "$(head -n 1 <<<"$text")"
same '     46      1441 distilled  6.12.117+deb12-amd64 a/directo.../demo-distilled.ko' "$(sed -n 2p <<<"$text")"
same 4 "$(wc -l <<<"$text")"
text=$(on_terminal 120 "'$BTFX' list a --color never")
assert "$(widest "$text")" -le 120
contains "$text" 'BUILD-ID'
contains "$text" 'name/tun.ko.xz'
text=$(on_terminal 120 "COLUMNS=80 '$BTFX' list a --color never")
assert "$(widest "$text")" -le 80
# Wide enough, or with --wide, it is what a pipe gets; a pipe has no width.
same "$(<whole)" "$(on_terminal 300 "'$BTFX' list a --color never")"
same "$(<whole)" "$(on_terminal 80 "'$BTFX' list a --color never --wide")"
COLUMNS=40 btfx list a | same_files whole -

# check: the reason of the only row goes on below, in its column; of several each has its line, and ends as that ends.
btfx check a -B "$old" >whole || true
text=$(on_terminal 80 "'$BTFX' check a -B '$old' --color never")
assert "$(widest "$text")" -le 80
assert "$(wc -l <<<"$text")" -gt 3
same "$(tr -s ' \n' ' ' <whole)" "$(tr -s ' \n' ' ' <<<"$text")"
same "$(<whole)" "$(on_terminal 80 "'$BTFX' check a -B '$old' --color never --wide")"
text=$(on_terminal 80 "'$BTFX' check a a/directory/with/quite/a/long/name/demo-split.ko -B '$old' --color never")
assert "$(widest "$text")" -le 80
same 4 "$(wc -l <<<"$text")"
matches "$text" $'^mismatch          a/directo\.\.\.name/demo-split\.ko: built for .*\.\.\.\nmismatch  .*\.\.\.\n'
text=$(on_terminal 80 "'$BTFX' check a -B '$old' -B '$new' --color never")
assert "$(widest "$text")" -le 80
text=$(on_terminal 80 "'$BTFX' -v check a -B '$old' --color never 2>/dev/null")
assert "$(widest "$text")" -le 80
# Verdicts are coloured on a terminal, or when it is asked for.
text=$(on_terminal 80 "'$BTFX' check a -B '$old' -v")
contains "$text" "${green}ok${plain} "
contains "$text" "$red"
lacks "$(on_terminal 80 "NO_COLOR=1 '$BTFX' check a -B '$old'")" $'\e'
lacks "$(on_terminal 80 "TERM=dumb '$BTFX' check a -B '$old'")" $'\e'
lacks "$(<whole)" $'\e'
btfx check a/directory/with/quite/a/long/name/tun.ko.xz -B "$old" --color always >out
same "${green}ok${plain}$(printf '%16s' '')a/directory/with/quite/a/long/name/tun.ko.xz" "$(<out)"
contains "$(on_terminal 80 "'$BTFX' list a")" "${green}distilled${plain}  "

# relocate, distill and dedup.
text=$(on_terminal 80 "'$BTFX' -v relocate a/directory/with/quite/a/long/name/demo-distilled.ko -B '$new' --color never 2>/dev/null")
assert "$(widest "$text")" -le 80
text=$(on_terminal 80 "'$BTFX' relocate a/directory/with/quite/a/long/name/demo-distilled.ko -v -B '$new' 2>/dev/null")
contains "$text" "${green}relocates${plain}"
for command in distill dedup; do
  text=$(on_terminal 80 "'$BTFX' $command a/directory/with/quite/a/long/name/demo-split.ko -B '$new' --dry-run --color never 2>/dev/null")
  assert "$(widest "$text")" -le 80
  contains "$text" demo-split.ko
done
