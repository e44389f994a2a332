# shellcheck shell=bash
# Made by btfx-docs from the definitions of the commands in cmd/: change them, then run `ninja docs`.

_btfx_choose() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}

_btfx_file() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

_btfx_directory() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
}

# Files, then the kernels that are installed, and the words in $1.
_btfx_source() {
    local -a more releases=()
    local release
    for release in /lib/modules/*/ /boot/vmlinuz-*; do
        [[ -e $release ]] || continue
        release=${release#/boot/vmlinuz-}
        release=${release%/}
        releases+=("${release##*/}")
    done
    _btfx_file
    mapfile -t more < <(compgen -W "$1 ${releases[*]}" -- "$current")
    COMPREPLY+=("${more[@]}")
}

# What btfx finds: types in the files before the cursor, objects of the running kernel.
_btfx_ask() {
    mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" __complete "$current*" -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}

# Whether an option takes the next word as its value.
_btfx_takes_value() { # COMMAND OPTION
    case "$1 $2" in
    'dump -o' | 'dump --output') ;;
    'dump --guard') ;;
    'dump --cacheline') ;;
    'dump --report') ;;
    'extract -o' | 'extract --output') ;;
    'extract --section') ;;
    'extract --byte-order') ;;
    'check --from') ;;
    'check --find-base') ;;
    'check --format') ;;
    'check --report') ;;
    'check --bloat-threshold') ;;
    'diff --old-base') ;;
    'diff --new-base') ;;
    'diff --affects') ;;
    'diff --only') ;;
    'diff --name') ;;
    'diff --severity') ;;
    'diff --format') ;;
    'diff --report') ;;
    'relocate --from') ;;
    'relocate -o' | 'relocate --output') ;;
    'relocate --output-dir') ;;
    'core --modules') ;;
    'core --kconfig') ;;
    'core --format') ;;
    'core --minimal') ;;
    'core --report') ;;
    'distill -o' | 'distill --output') ;;
    'distill --output-dir') ;;
    'dedup -o' | 'dedup --output') ;;
    'dedup --output-dir') ;;
    'merge -o' | 'merge --output') ;;
    'merge --into') ;;
    'merge --name') ;;
    'merge --byte-order') ;;
    'rebase -o' | 'rebase --output') ;;
    'rebase --into') ;;
    'rebase --byte-order') ;;
    'resolve-ids --btf') ;;
    'resolve-ids --patch') ;;
    *' -B' | *' --base-btf') ;;
    *' --jobs') ;;
    *' --color') ;;
    *' --progress') ;;
    *) return 1 ;;
    esac
}

_btfx_complete_value() { # COMMAND OPTION
    case "$1 $2" in
    'dump -o' | 'dump --output') _btfx_file ;;
    'dump --guard') : ;;
    'dump --cacheline') : ;;
    'dump --report') _btfx_file ;;
    'extract -o' | 'extract --output') _btfx_file ;;
    'extract --section') _btfx_choose '.BTF .BTF.base .BTF.ext .BTF_ids' ;;
    'extract --byte-order') _btfx_choose 'little big' ;;
    'check --from') _btfx_source 'running' ;;
    'check --find-base') _btfx_directory ;;
    'check --format') _btfx_choose 'text json html' ;;
    'check --report') _btfx_file ;;
    'check --bloat-threshold') : ;;
    'diff --old-base') _btfx_source 'running' ;;
    'diff --new-base') _btfx_source 'running' ;;
    'diff --affects') _btfx_source 'running' ;;
    'diff --only') _btfx_choose 'int ptr array struct union enum fwd typedef volatile const restrict func func_proto var datasec float decl_tag type_tag enum64' ;;
    'diff --name') _btfx_ask ;;
    'diff --severity') _btfx_choose 'layout signature value compatible name-only' ;;
    'diff --format') _btfx_choose 'text json html' ;;
    'diff --report') _btfx_file ;;
    'relocate --from') _btfx_source 'running' ;;
    'relocate -o' | 'relocate --output') _btfx_file ;;
    'relocate --output-dir') _btfx_directory ;;
    'core --modules') _btfx_source 'running' ;;
    'core --kconfig') _btfx_file ;;
    'core --format') _btfx_choose 'text json html' ;;
    'core --minimal') _btfx_file ;;
    'core --report') _btfx_file ;;
    'distill -o' | 'distill --output') _btfx_file ;;
    'distill --output-dir') _btfx_directory ;;
    'dedup -o' | 'dedup --output') _btfx_file ;;
    'dedup --output-dir') _btfx_directory ;;
    'merge -o' | 'merge --output') _btfx_file ;;
    'merge --into') _btfx_file ;;
    'merge --name') _btfx_ask ;;
    'merge --byte-order') _btfx_choose 'little big' ;;
    'rebase -o' | 'rebase --output') _btfx_file ;;
    'rebase --into') _btfx_file ;;
    'rebase --byte-order') _btfx_choose 'little big' ;;
    'resolve-ids --btf') _btfx_source 'running' ;;
    'resolve-ids --patch') _btfx_file ;;
    *' -B' | *' --base-btf') _btfx_source 'none running' ;;
    *' --jobs') : ;;
    *' --color') _btfx_choose 'auto always never' ;;
    *' --progress') _btfx_choose 'auto always never' ;;
    esac
}

# The words of a command's grammar, by those before the cursor.
_btfx_dump_words() {
    local later='file format root_id name kind unsorted holes contains pointers-to sizes expand'
    if ((${#arguments[@]} == 0)); then
        _btfx_source 'file id prog map running'
        return
    fi
    case ${arguments[-1]} in
    file) _btfx_source 'running' ;;
    id) _btfx_ask ;;
    prog) _btfx_choose 'id name pinned tag' ;;
    map) _btfx_choose 'id name pinned' ;;
    format) _btfx_choose 'raw c json layout' ;;
    root_id) : ;;
    name) _btfx_ask ;;
    kind) _btfx_choose 'int ptr array struct union enum fwd typedef volatile const restrict func func_proto var datasec float decl_tag type_tag enum64' ;;
    holes) : ;;
    contains) : ;;
    pointers-to) : ;;
    pinned) _btfx_file ;;
    tag) _btfx_ask ;;
    *)
        [[ ${arguments[0]} == map ]] && later+=' key value kv all'
        _btfx_choose "$later"
        ;;
    esac
}

_btfx() {
    local current=${COMP_WORDS[COMP_CWORD]} command='' word option='' ended='' i
    local -a arguments=()
    COMPREPLY=()

    # Bash breaks words at "=": `--name=value` is three of them.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then
            [[ ${COMP_WORDS[i - 1]} == --* ]] && option=${COMP_WORDS[i - 1]}
        elif [[ -n $option ]]; then
            option=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=yes
        elif [[ -z $ended && $word == -?* ]]; then
            _btfx_takes_value "$command" "$word" && option=$word
        elif [[ -z $command ]]; then
            command=$word
        else
            arguments+=("$word")
        fi
    done
    if [[ $current == '=' ]]; then
        option=${COMP_WORDS[COMP_CWORD - 1]}
        current=''
    fi

    if [[ -n $option ]]; then
        _btfx_complete_value "$command" "$option"
        return
    fi
    if [[ -z $ended && $current == -* ]]; then
        case $command in
        dump) _btfx_choose '-o --output --guard --preserve-access-index --no-preserve-access-index --kfuncs --no-kfuncs --cplusplus --compat --packed-unions --ms-extensions --no-ms-extensions --cacheline --report -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        extract) _btfx_choose '-o --output --section --byte-order -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        check) _btfx_choose '--from --find-base --format --report --failed --bloat --require-btf --bloat-threshold -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        diff) _btfx_choose '--old-base --new-base --affects --only --name --history --severity --format --summary --stat --report -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        relocate) _btfx_choose '--from -o --output --output-dir --dry-run --strict -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        core) _btfx_choose '--modules --kconfig --search-all --strict --failed --summary --format --minimal --report -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        distill) _btfx_choose '-o --output --in-place --output-dir --dry-run --strip-signature --dedup --sort --keep-ids --force -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        dedup) _btfx_choose '-o --output --in-place --output-dir --dry-run --strip-signature --strict -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        merge) _btfx_choose '-o --output --into --strip-signature --minimal --name --sort --strict --byte-order -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        rebase) _btfx_choose '-o --output --into --strip-signature --sort --byte-order -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        resolve-ids) _btfx_choose '--btf --distill-base --fatal-warnings --no-sort --in-place --patch --list --strip-signature --force -B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        *) _btfx_choose '-B --base-btf -j --json -p --pretty --jobs -q --quiet -v --verbose --color --progress --wide --no-pager -h --help -V --version' ;;
        esac
        return
    fi
    case $command in
    '') _btfx_choose 'dump list extract check diff relocate core distill dedup merge rebase resolve-ids help' ;;
    dump) _btfx_dump_words ;;
    list) _btfx_source 'running' ;;
    extract) _btfx_source 'running' ;;
    check) _btfx_source 'running' ;;
    diff) _btfx_source 'running' ;;
    relocate) _btfx_source 'running' ;;
    core) _btfx_file ;;
    distill) _btfx_source 'running' ;;
    dedup) _btfx_source 'running' ;;
    merge) _btfx_source 'running' ;;
    rebase) _btfx_source 'running' ;;
    resolve-ids) _btfx_file ;;
    help) _btfx_choose 'dump list extract check diff relocate core distill dedup merge rebase resolve-ids help' ;;
    esac
}

complete -F _btfx btfx
