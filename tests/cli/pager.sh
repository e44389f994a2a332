#!/usr/bin/env bash
# On a terminal a pager shows what is longer than the screen; the exit status stays that of btfx.
. "$(dirname "$0")/lib.sh"
need script
export TERM=xterm
unset NO_COLOR COLUMNS LINES PAGER LESS
export BTFX_PAGER='cat -n'
on_terminal() { # COMMAND : its output, on 80 columns and 24 lines
  script -qec "stty cols 80 rows 24; $1" typescript >out </dev/null || true
  tr -d '\r' <out
}
split=$DATA/out-of-tree/demo-split.ko
dump="'$BTFX' dump '$split' -B '$new'"
btfx dump "$split" -B "$new" >whole
assert "$(wc -l <whole)" -gt 24
numbered=$(cat -n whole)

same "$numbered" "$(on_terminal "$dump")"
same "$numbered" "$(on_terminal "unset BTFX_PAGER; PAGER='cat -n' $dump")"
# A command for the shell, with the environment that less looks at.
same "$(sed 's/^/> /' whole)" "$(on_terminal "BTFX_PAGER='sed \"s/^/> /\"' $dump")"
same FRX "$(on_terminal "BTFX_PAGER='cat >/dev/null; printenv LESS' $dump")"
same XR "$(on_terminal "export LESS=XR; BTFX_PAGER='cat >/dev/null; printenv LESS' $dump")"

# None: by option, by environment, for what fits on the screen, for files and for pipes.
same "$(<whole)" "$(on_terminal "$dump --no-pager")"
same "$(<whole)" "$(on_terminal "BTFX_PAGER= $dump")"
same "$(<whole)" "$(on_terminal "BTFX_PAGER=cat $dump")"
same "$(<whole)" "$(on_terminal "unset BTFX_PAGER; TERM=dumb $dump")"
same "$(<whole)" "$(on_terminal "$dump | cat")"
same '' "$(on_terminal "$dump -o file")"
same_files whole file
same "btfx $(btfx --version | cut -d' ' -f2)" "$(on_terminal "'$BTFX' --version")"
same "$(head -n 22 whole)" "$(on_terminal "$dump | head -n 22 >short; cat short")"
# One that cannot be started does without.
same "$(<whole)" "$(on_terminal "BTFX_PAGER=nosuch-pager $dump")"
matches "$(on_terminal "BTFX_PAGER=nosuch-pager $dump -v")" 'nosuch-pager: cannot start the pager: No such file or directory'

# Messages stand between the results, unless standard error goes elsewhere.
text=$(on_terminal "'$BTFX' list '$DATA/modules' nosuch '$DATA/modules' --color never")
matches "$text" $'\n *[0-9]+\tbtfx: error: nosuch: cannot open: No such file or directory\n'
text=$(on_terminal "'$BTFX' list '$DATA/modules' nosuch --no-pager --color never 2>err")
lacks "$text" nosuch
same 'btfx: error: nosuch: cannot open: No such file or directory' "$(<err)"
text=$(on_terminal "'$BTFX' list '$DATA/modules' '$DATA/modules' nosuch --color never 2>err")
lacks "$text" nosuch
same 'btfx: error: nosuch: cannot open: No such file or directory' "$(<err)"

# The exit status is that of btfx, whatever the pager's is; a pager that ends early ends btfx quietly.
matches "$(on_terminal "'$BTFX' list '$DATA/modules' '$DATA/modules' nosuch; echo status \$?")" 'status 2$'
matches "$(on_terminal "BTFX_PAGER='cat; exit 3' $dump; echo status \$?")" 'status 0$'
same 'status 0' "$(on_terminal "BTFX_PAGER=true '$BTFX' dump '$new'; echo status \$?")"
same 'status 0' "$(on_terminal "BTFX_PAGER='exit 5;' '$BTFX' dump '$new' format raw; echo status \$?")"
