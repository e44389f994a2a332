#!/usr/bin/env bash
# Zsh completes commands, options, values, the words of dump, and files: a zsh on a terminal of its own is sent the line
# and a key that lists what the completion system has found.
. "$(dirname "$0")/lib.sh"
need zsh
zsh -fc 'zmodload zsh/zpty' 2>/dev/null || skip "zsh has no zpty module"
mkdir dir functions
touch dir/tun.ko
cp "$root/completions/_btfx" functions/

# In the asked shell: what is handed to compadd and matches the line is kept, and printed between marks instead of inserted.
cat >asked.zsh <<'ZSH'
unsetopt beep zle_bracketed_paste prompt_cr prompt_sp
PS1= PS2= RPS1=
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -d $PWD/dump
typeset -ga found=()
compadd() {
  [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return }
  local -a matching
  builtin compadd -A matching "$@"
  found+=($matching)
  builtin compadd "$@"
}
show-completions() {
  found=()
  _main_complete
  print -r -- "<<<${(j:|:)${(@ou)found}}>>>"
  compstate[insert]='' compstate[list]=''
}
zle -C show-completions complete-word show-completions
bindkey '^I' show-completions
print READY
ZSH
# ask.zsh < lines: for each line its completions, separated by "|".
cat >ask.zsh <<'ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source $PWD/asked.zsh"
text=''
until [[ $text == *READY* ]] { zpty -r shell text || exit 1 }
while IFS= read -r line; do
  zpty -w -n shell $'\C-u'$line$'\t'
  text=''
  until [[ $text == *'<<<'*'>>>'* ]] { zpty -r shell part || exit 1; text+=$part }
  print -r -- ${${text%%>>>*}##*<<<}
done
zpty -d shell
ZSH

check() { # MODE WANTED LINE
  lines+=("$3") modes+=("$1") wanted+=("$2")
}
lines=() modes=() wanted=()
check is 'dump' 'btfx du'
check has 'extract' 'btfx '
check is 'dump' 'btfx -j -B base du'
check is '--json' 'btfx --js'
check is '--section' 'btfx extract --sec'
check is 'always|auto' 'btfx dump --color=a'
check is 'little' 'btfx extract x --byte-order li'
check has 'prog' 'btfx dump '
check has 'running' 'btfx dump '
check is 'tun.ko' 'btfx dump file dir/tu'
check is 'tun.ko' 'btfx -B dir/tu'
check is 'none' 'btfx check x.ko -B non'
check is 'running' 'btfx -B run'
check is '' 'btfx dump file non'
check is 'file|format' 'btfx dump x f'
check is 'json' 'btfx dump file x format j'
check is 'json' 'btfx dump -j file x format j'
check is 'struct' 'btfx dump file x kind str'
check is 'id|name|pinned|tag' 'btfx dump prog '
check is 'value' 'btfx dump map id 3 val'
check is 'list' 'btfx help li'
check is 'html|json|text' 'btfx check x.ko --format '
# The names of types in the files before the cursor.
xz -dc "$old" >vmlinux
check is 'task_struct|task_struct__safe_rcu' 'btfx dump vmlinux name task_struct'
mapfile -t got < <(printf '%s\n' "${lines[@]}" | timeout 50 zsh -f ask.zsh)
same "${#lines[@]}" "${#got[@]}" 'number of answers'
for i in "${!lines[@]}"; do
  case ${modes[i]} in
    is) same "${wanted[i]}" "${got[i]}" "${lines[i]}" ;;
    has) contains "|${got[i]}|" "|${wanted[i]}|" ;;
  esac
done
