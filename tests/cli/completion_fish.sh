#!/usr/bin/env bash
# Fish completes commands, options, values, the words of dump, and files.
. "$(dirname "$0")/lib.sh"
need fish
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
mkdir dir && touch dir/tun.ko

# completions LINE: the completions of its last word without their descriptions, sorted, on one line.
completions() {
  # shellcheck disable=SC2016
  fish --no-config -c 'source $argv[1]; complete -C$argv[2]' "$root/completions/btfx.fish" "$1" |
    cut -f1 | LC_ALL=C sort -u | paste -sd '|'
}
gives() { same "$1" "$(completions "$2")" "$2"; }      # WANTED LINE
offers() { contains "|$(completions "$2")|" "|$1|"; } # WANTED LINE

gives 'dump' 'btfx du'
offers 'extract' 'btfx '
gives 'dump' 'btfx -j -B base du'
gives '--json' 'btfx --js'
gives '--section' 'btfx extract --sec'
gives '--color=always|--color=auto' 'btfx dump --color=a'
gives 'little' 'btfx extract x --byte-order li'
# Where a value has choices there are no files beside them, and each is described.
gives 'html|json|text' 'btfx check x.ko --format '
gives 'big|little' 'btfx extract x --byte-order '
gives 'c|json|layout|raw' 'btfx dump file x format '
# shellcheck disable=SC2016
same $'html\ta page for a browser' \
  "$(fish --no-config -c 'source $argv[1]; complete -C"btfx check x.ko --format h"' "$root/completions/btfx.fish")"
offers 'prog' 'btfx dump '
offers 'running' 'btfx dump '
gives 'dir/tun.ko' 'btfx dump file dir/tu'
gives 'dir/tun.ko' 'btfx -B dir/tu'
gives 'none' 'btfx check x.ko -B non'
gives 'running' 'btfx -B run'
gives '' 'btfx dump file non'
gives 'file|format' 'btfx dump x f'
gives 'json' 'btfx dump file x format j'
gives 'json' 'btfx dump -j file x format j'
gives 'struct' 'btfx dump file x kind str'
gives 'id|name|pinned|tag' 'btfx dump prog '
gives 'value' 'btfx dump map id 3 val'
gives '' 'btfx dump prog id 3 val'
gives 'list' 'btfx help li'
# The names of types in the files before the cursor.
xz -dc "$old" >vmlinux
gives 'task_struct|task_struct__safe_rcu' 'btfx dump vmlinux name task_struct'
gives 'task_struct|task_struct__safe_rcu' 'btfx diff vmlinux vmlinux --name task_struct'
