#!/usr/bin/env bash
# Bash completes commands, options, values, the words of dump, and files: asked as the shell itself asks, without any
# completion library.
. "$(dirname "$0")/lib.sh"
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
gives() { same "$1" "$(complete_words "${@:2}")" "${*:2}"; }              # WANTED WORD...
offers() { contains "|$(complete_words "${@:2}")|" "|$1|"; } # WANTED WORD...

gives 'dump' btfx du
offers 'extract' btfx ''
gives 'dump' btfx -j -B base du
gives '--json' btfx --js
gives '--section' btfx extract --sec
gives 'always|auto' btfx --color a
gives 'always|auto' btfx dump --color = a
gives 'always|auto|never' btfx dump --color =
gives 'little' btfx extract x --byte-order li
gives '.BTF.base' btfx extract --section .BTF.b
offers 'file' btfx dump ''
offers 'running' btfx dump ''
offers 'two words.ko' btfx dump tw
gives 'dir/tun.ko' btfx dump file dir/
gives 'dir/tun.ko' btfx -B dir/
gives 'running' btfx dump file run
gives 'none' btfx check x.ko -B non
gives 'running' btfx -B run
gives '' btfx dump file non
for release in /lib/modules/*/ /boot/vmlinuz-*; do
  [[ -e $release ]] || continue
  release=${release%/} && release=${release##*/}
  offers "${release#vmlinuz-}" btfx check x.ko -B ''
done
gives 'file|format' btfx dump x f
gives 'json' btfx dump file x format j
gives 'json' btfx dump -j file x format j
gives 'struct' btfx dump file x kind str
gives '' btfx dump file x root_id ''
gives 'id|name|pinned|tag' btfx dump prog ''
gives 'value' btfx dump map id 3 val
gives '' btfx dump prog id 3 val
gives 'list' btfx help li
gives 'dir/tun.ko' btfx list -- dir/
gives 'dir/tun.ko' btfx extract -o dir/
# The names of types in the files before the cursor.
xz -dc "$old" >vmlinux
gives 'task_struct|task_struct__safe_rcu' btfx dump vmlinux name task_struct
gives 'task_struct|task_struct__safe_rcu' btfx diff vmlinux vmlinux --name task_struct
gives '' btfx dump nosuch name task_struct
