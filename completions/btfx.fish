# Made by btfx-docs from the definitions of the commands in cmd/: change them, then run `ninja docs`.

# Whether an option takes the next word as its value.
function __btfx_takes_value -a cmd option
    switch "$cmd $option"
        case '* -B' '* --base-btf' '* --jobs' '* --color' '* --progress'
            return 0
        case 'dump -o' 'dump --output' 'dump --guard' 'dump --cacheline' 'dump --report'
            return 0
        case 'extract -o' 'extract --output' 'extract --section' 'extract --byte-order'
            return 0
        case 'check --from' 'check --find-base' 'check --format' 'check --report' 'check --bloat-threshold'
            return 0
        case 'diff --old-base' 'diff --new-base' 'diff --affects' 'diff --only' 'diff --name' 'diff --severity' 'diff --format' 'diff --report'
            return 0
        case 'relocate --from' 'relocate -o' 'relocate --output' 'relocate --output-dir'
            return 0
        case 'core --modules' 'core --kconfig' 'core --format' 'core --minimal' 'core --report'
            return 0
        case 'distill -o' 'distill --output' 'distill --output-dir'
            return 0
        case 'dedup -o' 'dedup --output' 'dedup --output-dir'
            return 0
        case 'merge -o' 'merge --output' 'merge --into' 'merge --name' 'merge --byte-order'
            return 0
        case 'rebase -o' 'rebase --output' 'rebase --into' 'rebase --byte-order'
            return 0
        case 'resolve-ids --btf' 'resolve-ids --patch'
            return 0
        case '*'
            return 1
    end
end

# The command, then the arguments before the cursor, one on each line.
function __btfx_arguments
    set -l cmd ''
    set -l value no
    set -l ended no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
        else if test $ended = no; and test "$word" = --
            set ended yes
        else if test $ended = no; and string match -qr -- '^-.' "$word"
            __btfx_takes_value "$cmd" "$word"; and set value yes
        else
            test -z "$cmd"; and set cmd $word
            echo -- $word
        end
    end
end

function __btfx_no_command
    test (count (__btfx_arguments)) -eq 0
end

function __btfx_command -a cmd
    set -l words (__btfx_arguments)
    test (count $words) -gt 0; and test "$words[1]" = $cmd
end

# Whether the words of a command have come to a place: `first`, `later`, or after one that is named.
function __btfx_at -a cmd place
    set -l words (__btfx_arguments)
    test "$words[1]" = $cmd; or return 1
    if test (count $words) -eq 1
        test $place = first
        return
    end
    switch $words[-1]
        case $argv[3..-1]
            test $place = "$words[-1]"
        case '*'
            test $place = later; or test $place = "later-$words[2]"
    end
end

# The names of the types in the files before the cursor.
function __btfx_ask
    set -l words (commandline -opc)
    $words[1] __complete (commandline -ct)'*' -- $words[2..-1] 2>/dev/null
end

function __btfx_releases
    for release in /lib/modules/*/ /boot/vmlinuz-*
        string replace -r '/$' '' -- $release | string replace /boot/vmlinuz- '' | string replace /lib/modules/ ''
    end
end

complete -c btfx -f
complete -c btfx -s B -l base-btf -r -F -a 'none running (__btfx_releases)' -d 'The base of split BTF; none turns the search for it off'
complete -c btfx -s j -l json -d 'Print results as JSON'
complete -c btfx -s p -l pretty -d 'Print results as indented JSON'
complete -c btfx -l jobs -r -f -d 'Number of worker threads; default: the number of processors'
complete -c btfx -s q -l quiet -d 'Print errors only, and instead of a report nothing: the exit status answers'
complete -c btfx -s v -l verbose -d 'Say on standard error what was chosen, and why'
complete -c btfx -l color -r -f -a 'auto\t"on a terminal only" always\t"to files and pipes as well" never\t"not at all"' -d 'Colour reports and messages'
complete -c btfx -l progress -r -f -a 'auto\t"on a terminal only" always\t"to files and pipes as well" never\t"not at all"' -d 'Show progress on standard error; auto: on a terminal, after one second'
complete -c btfx -l wide -d 'Show whole lines: by default tables fit the width of the terminal'
complete -c btfx -l no-pager -d 'Do not show long output on a terminal with a pager'
complete -c btfx -s h -l help -d 'Show help and exit'
complete -c btfx -s V -l version -d 'Show the version and exit'

complete -c btfx -n __btfx_no_command -a dump -d 'Print types as text, JSON, a C header or struct layouts'
complete -c btfx -n '__btfx_command dump' -s o -l output -r -F -d 'Write to FILE, which is replaced as a whole or not at all; default: standard output (-)'
complete -c btfx -n '__btfx_command dump' -l guard -r -f -d 'C: the name of the include guard'
complete -c btfx -n '__btfx_command dump' -l preserve-access-index -d 'C: let clang record field accesses for CO-RE relocations (default)'
complete -c btfx -n '__btfx_command dump' -l no-preserve-access-index -d 'Not: C: let clang record field accesses for CO-RE relocations (default)'
complete -c btfx -n '__btfx_command dump' -l kfuncs -d 'C: declare all kfuncs, not only selected ones'
complete -c btfx -n '__btfx_command dump' -l no-kfuncs -d 'Not: C: declare all kfuncs, not only selected ones'
complete -c btfx -n '__btfx_command dump' -l cplusplus -d 'C: write a header that C++ compilers accept'
complete -c btfx -n '__btfx_command dump' -l compat -d 'C: give types that <stdint.h>, <stddef.h>, <stdbool.h> and <sys/types.h> also define the prefix vmlinux_'
complete -c btfx -n '__btfx_command dump' -l packed-unions -d 'C: pack unions whose layout requires it; bpftool does not'
complete -c btfx -n '__btfx_command dump' -l ms-extensions -d 'C: rely on -fms-extensions for anonymous members with a tag (default)'
complete -c btfx -n '__btfx_command dump' -l no-ms-extensions -d 'Not: C: rely on -fms-extensions for anonymous members with a tag (default)'
complete -c btfx -n '__btfx_command dump' -l cacheline -r -f -d 'Layout: the size of a cacheline; default: 64'
complete -c btfx -n '__btfx_command dump' -l report -r -F -d 'Layout: also write an HTML page to FILE, with a picture of each struct and union'
complete -c btfx -n '__btfx_at dump first file id prog map format root_id name kind holes contains pointers-to pinned tag' -a file -d 'Types of a source; the first needs no file'
complete -c btfx -n '__btfx_at dump first file id prog map format root_id name kind holes contains pointers-to pinned tag' -a id -d 'Types of the BTF object with that id in the running kernel'
complete -c btfx -n '__btfx_at dump first file id prog map format root_id name kind holes contains pointers-to pinned tag' -a prog -d 'Types of a program loaded in the running kernel'
complete -c btfx -n '__btfx_at dump first file id prog map format root_id name kind holes contains pointers-to pinned tag' -a map -d 'Types of a map of the running kernel: of its key and value (kv, the default), of one of them, or all of its BTF'
complete -c btfx -n '__btfx_at dump first file id prog map format root_id name kind holes contains pointers-to pinned tag' -F -a 'running (__btfx_releases)'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a file -d 'Types of a source; the first needs no file'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a format -d 'raw (default), json (as -j), c or layout'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a root_id -d 'Only the type with this id; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a name -d 'Only types whose name matches a shell pattern; several with commas, or with the word again'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a kind -d 'Only types of a kind, such as struct or func_proto; several with commas; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a unsorted -d 'Do not sort the types of a C dump'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a holes -d 'Layout: only structs with N holes or more, or with that many bytes of them: 64B'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a contains -d 'Layout: only structs and unions that hold a type of that name by value; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a pointers-to -d 'Layout: only structs and unions that hold a pointer to such a type; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a sizes -d 'Layout: a table of sizes and holes, the largest first'
complete -c btfx -n '__btfx_at dump later file id prog map format root_id name kind holes contains pointers-to pinned tag' -a expand -d 'Layout: show the members of what is held by value, too'
complete -c btfx -n '__btfx_at dump later-map file id prog map format root_id name kind holes contains pointers-to pinned tag' -a key
complete -c btfx -n '__btfx_at dump later-map file id prog map format root_id name kind holes contains pointers-to pinned tag' -a value
complete -c btfx -n '__btfx_at dump later-map file id prog map format root_id name kind holes contains pointers-to pinned tag' -a kv
complete -c btfx -n '__btfx_at dump later-map file id prog map format root_id name kind holes contains pointers-to pinned tag' -a all
complete -c btfx -n '__btfx_at dump file file id prog map format root_id name kind holes contains pointers-to pinned tag' -F -a 'running (__btfx_releases)'
complete -c btfx -n '__btfx_at dump id file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a '(__btfx_ask)'
complete -c btfx -n '__btfx_at dump prog file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a 'id name pinned tag'
complete -c btfx -n '__btfx_at dump map file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a 'id name pinned'
complete -c btfx -n '__btfx_at dump format file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a 'raw\t"a line for each type and member" c\t"a header for C" json\t"the same as -j" layout\t"offsets, sizes and holes"'
complete -c btfx -n '__btfx_at dump root_id file id prog map format root_id name kind holes contains pointers-to pinned tag' -f
complete -c btfx -n '__btfx_at dump name file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a '(__btfx_ask)'
complete -c btfx -n '__btfx_at dump kind file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a 'int ptr array struct union enum fwd typedef volatile const restrict func func_proto var datasec float decl_tag type_tag enum64'
complete -c btfx -n '__btfx_at dump holes file id prog map format root_id name kind holes contains pointers-to pinned tag' -f
complete -c btfx -n '__btfx_at dump contains file id prog map format root_id name kind holes contains pointers-to pinned tag' -f
complete -c btfx -n '__btfx_at dump pointers-to file id prog map format root_id name kind holes contains pointers-to pinned tag' -f
complete -c btfx -n '__btfx_at dump pinned file id prog map format root_id name kind holes contains pointers-to pinned tag' -F
complete -c btfx -n '__btfx_at dump tag file id prog map format root_id name kind holes contains pointers-to pinned tag' -f -a '(__btfx_ask)'

complete -c btfx -n __btfx_no_command -a list -d 'List files with BTF: sizes, number of types, relation to a base, release'
complete -c btfx -n '__btfx_command list' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a extract -d 'Write a BTF section as a file'
complete -c btfx -n '__btfx_command extract' -s o -l output -r -F -d 'Write to FILE; default: standard output (-)'
complete -c btfx -n '__btfx_command extract' -l section -r -f -a '.BTF\t"types and strings" .BTF.base\t"the distilled base" .BTF.ext\t"functions, lines and relocations" .BTF_ids\t"type ids that kernel code reads"' -d 'The section to write; default: .BTF'
complete -c btfx -n '__btfx_command extract' -l byte-order -r -f -a 'little\t"little-endian" big\t"big-endian"' -d 'Change the byte order, of .BTF and .BTF.base; split BTF then needs its base'
complete -c btfx -n '__btfx_command extract' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a check -d 'Check that a kernel accepts the BTF of modules, and that it is the right kernel'
complete -c btfx -n '__btfx_command check' -l from -r -F -a 'running (__btfx_releases)' -d 'The base that the modules were built against: shows what differs, and whether distilling would help'
complete -c btfx -n '__btfx_command check' -l find-base -r -f -a '(__fish_complete_directories)' -d 'Find the kernels below DIR that each module belongs to'
complete -c btfx -n '__btfx_command check' -l format -r -f -a 'text\t"lines to read" json\t"one JSON document" html\t"a page for a browser"' -d 'Format of the report; default: text, or json with -j'
complete -c btfx -n '__btfx_command check' -l report -r -F -d 'Also write an HTML page with all findings to FILE'
complete -c btfx -n '__btfx_command check' -l failed -d 'List only modules that are not ok; the counts cover all'
complete -c btfx -n '__btfx_command check' -l bloat -d 'Also find types that btfx dedup would drop, and which of them cause most of it'
complete -c btfx -n '__btfx_command check' -l require-btf -d 'Say no when a module has no BTF'
complete -c btfx -n '__btfx_command check' -l bloat-threshold -r -f -d 'Exit with 1 if repeated types take at least this many bytes; without it they are a warning from 4096 bytes on; implies --bloat'
complete -c btfx -n '__btfx_command check' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a diff -d 'Show what changed between two BTFs or kernels, and which modules it breaks'
complete -c btfx -n '__btfx_command diff' -l old-base -r -F -a 'running (__btfx_releases)' -d 'The base of OLD'
complete -c btfx -n '__btfx_command diff' -l new-base -r -F -a 'running (__btfx_releases)' -d 'The base of NEW'
complete -c btfx -n '__btfx_command diff' -l affects -r -F -a 'running (__btfx_releases)' -d 'Show only what these modules, built for OLD, depend on, and whether they need a rebuild for NEW'
complete -c btfx -n '__btfx_command diff' -l only -r -f -a 'int ptr array struct union enum fwd typedef volatile const restrict func func_proto var datasec float decl_tag type_tag enum64' -d 'Show only types of these kinds (struct, func, ...) and these sorts of changes (added, removed, changed, renamed, moved), separated by commas'
complete -c btfx -n '__btfx_command diff' -l name -r -f -a '(__btfx_ask)' -d 'Show only names that match a shell pattern, several with commas; with three or more kernels follow these types through them, or a member of one: cfs_rq.nr_running'
complete -c btfx -n '__btfx_command diff' -l history -d 'Follow types through all kernels in the order given, also through two or without --name'
complete -c btfx -n '__btfx_command diff' -l severity -r -f -a 'layout\t"a size or an offset changed" signature\t"a type changed, but no size or offset" value\t"an enumerator changed its value" compatible\t"existing code does not notice" name-only\t"the same as compatible"' -d 'Show only changes that are at least this severe'
complete -c btfx -n '__btfx_command diff' -l format -r -f -a 'text\t"lines to read" json\t"one JSON document" html\t"a page for a browser"' -d 'Format of the report; default: text, or json with -j'
complete -c btfx -n '__btfx_command diff' -l summary -d 'Print at most one line per change, and no declarations'
complete -c btfx -n '__btfx_command diff' -l stat -d 'Print only three lines: what was compared, the number of changes, and of modules to rebuild'
complete -c btfx -n '__btfx_command diff' -l report -r -F -d 'Also write an HTML page with everything to FILE'
complete -c btfx -n '__btfx_command diff' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a relocate -d 'Relocate modules onto a kernel as it would on load, or show why they do not fit'
complete -c btfx -n '__btfx_command relocate' -l from -r -F -a 'running (__btfx_releases)' -d 'The base that the modules were built against'
complete -c btfx -n '__btfx_command relocate' -s o -l output -r -F -d 'Write the BTF of one module to FILE; -: standard output, without a report'
complete -c btfx -n '__btfx_command relocate' -l output-dir -r -f -a '(__fish_complete_directories)' -d 'Write DIR/NAME.BTF for each module, and DIR/NAME.BTF_ids if it has one'
complete -c btfx -n '__btfx_command relocate' -l dry-run -d 'Write nothing but the report'
complete -c btfx -n '__btfx_command relocate' -l strict -d 'Relocate by sound rules instead of the kernel\'s'
complete -c btfx -n '__btfx_command relocate' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a core -d 'Check that BPF objects load on kernels, and show what their CO-RE accesses become'
complete -c btfx -n '__btfx_command core' -l modules -r -F -a 'running (__btfx_releases)' -d 'Modules of the kernels, or directories or packages of modules, up to the next option'
complete -c btfx -n '__btfx_command core' -l kconfig -r -F -d 'Take FILE for the configuration of the kernels, in place of the one beside or inside each'
complete -c btfx -n '__btfx_command core' -l search-all -d 'Search further than libbpf does, and mark results that differ from those of libbpf'
complete -c btfx -n '__btfx_command core' -l strict -d 'Exit with 1 also for warnings, for what may not load, and for programs without a target'
complete -c btfx -n '__btfx_command core' -l failed -d 'Show only what fails or may fail, and warnings'
complete -c btfx -n '__btfx_command core' -l summary -d 'Show only which objects load on which kernels'
complete -c btfx -n '__btfx_command core' -l format -r -f -a 'text\t"lines to read" json\t"one JSON document" html\t"a page for a browser"' -d 'Format of the report; default: text, or json with -j'
complete -c btfx -n '__btfx_command core' -l minimal -r -F -d 'Write the smallest BTF that serves the objects; for several kernels, one FILE/KERNEL.btf each'
complete -c btfx -n '__btfx_command core' -l report -r -F -d 'Also write an HTML page with all details to FILE'
complete -c btfx -n '__btfx_command core' -F

complete -c btfx -n __btfx_no_command -a distill -d 'Give modules a small base of their own, so that they fit other kernel builds'
complete -c btfx -n '__btfx_command distill' -s o -l output -r -F -d 'Write the changed module, uncompressed, to FILE; -: standard output'
complete -c btfx -n '__btfx_command distill' -l in-place -d 'Replace each module atomically, and keep its compression, mode and owner'
complete -c btfx -n '__btfx_command distill' -l output-dir -r -f -a '(__fish_complete_directories)' -d 'Write the sections to DIR/NAME.BTF, DIR/NAME.BTF.base and, if there is one, DIR/NAME.BTF_ids'
complete -c btfx -n '__btfx_command distill' -l dry-run -d 'Write nothing, and print a table of sizes'
complete -c btfx -n '__btfx_command distill' -l strip-signature -d 'Drop the signature of a signed module'
complete -c btfx -n '__btfx_command distill' -l dedup -d 'First drop the types that the base has already, as btfx dedup does, so that they need no relocation'
complete -c btfx -n '__btfx_command distill' -l sort -d 'Sort named types by name, as kernel builds do since late 2025'
complete -c btfx -n '__btfx_command distill' -l keep-ids -d 'Keep base types that only .BTF_ids names, except functions, which a distilled base cannot hold'
complete -c btfx -n '__btfx_command distill' -l force -d 'Write even if the result does not relocate onto its own base, and distill distilled modules again'
complete -c btfx -n '__btfx_command distill' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a dedup -d 'Drop the types from the BTF of modules that their base has already'
complete -c btfx -n '__btfx_command dedup' -s o -l output -r -F -d 'Write the changed module, uncompressed, to FILE; -: standard output'
complete -c btfx -n '__btfx_command dedup' -l in-place -d 'Replace each module atomically, and keep its compression, mode and owner'
complete -c btfx -n '__btfx_command dedup' -l output-dir -r -f -a '(__fish_complete_directories)' -d 'Write the sections to DIR/NAME.BTF and, if they are there, DIR/NAME.BTF.base and DIR/NAME.BTF_ids'
complete -c btfx -n '__btfx_command dedup' -l dry-run -d 'Write nothing, and print a table of sizes'
complete -c btfx -n '__btfx_command dedup' -l strip-signature -d 'Drop the signature of a signed module'
complete -c btfx -n '__btfx_command dedup' -l strict -d 'Merge only types that cannot be told apart, whatever their order'
complete -c btfx -n '__btfx_command dedup' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a merge -d 'Merge several BTFs into one'
complete -c btfx -n '__btfx_command merge' -s o -l output -r -F -d 'Write raw BTF to FILE; -: to standard output'
complete -c btfx -n '__btfx_command merge' -l into -r -F -d 'Replace or add the .BTF section of an ELF file; warns of sections that refer to the old types'
complete -c btfx -n '__btfx_command merge' -l strip-signature -d 'With --into, drop the signature of a module, which has to be signed again'
complete -c btfx -n '__btfx_command merge' -l minimal -d 'Keep only what the types of the modules refer to: BTF that describes the modules without a base'
complete -c btfx -n '__btfx_command merge' -l name -r -f -a '(__btfx_ask)' -d 'Keep only types whose name matches, and the types they refer to; several with commas'
complete -c btfx -n '__btfx_command merge' -l sort -d 'Sort the types by name, as kernels from 7.0 on do'
complete -c btfx -n '__btfx_command merge' -l strict -d 'Merge only types that cannot be told apart, whatever the order, and resolve the base\'s forward declarations too'
complete -c btfx -n '__btfx_command merge' -l byte-order -r -f -a 'little\t"little-endian" big\t"big-endian"' -d 'Byte order of the result'
complete -c btfx -n '__btfx_command merge' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a rebase -d 'Renumber standalone BTF as split BTF on a base'
complete -c btfx -n '__btfx_command rebase' -s o -l output -r -F -d 'Write raw BTF to FILE; -: to standard output'
complete -c btfx -n '__btfx_command rebase' -l into -r -F -d 'Replace or add the .BTF section of an ELF file; warns of sections that refer to the old types'
complete -c btfx -n '__btfx_command rebase' -l strip-signature -d 'With --into, drop the signature of a module, which has to be signed again'
complete -c btfx -n '__btfx_command rebase' -l sort -d 'Sort the types by name, as kernels from 7.0 on do'
complete -c btfx -n '__btfx_command rebase' -l byte-order -r -f -a 'little\t"little-endian" big\t"big-endian"' -d 'Byte order of the result'
complete -c btfx -n '__btfx_command rebase' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a resolve-ids -d 'Fill in the type ids that kernel code reads at run time'
complete -c btfx -n '__btfx_command resolve-ids' -l btf -r -F -a 'running (__btfx_releases)' -d 'Take the BTF from FILE, raw or ELF, even if ELF has its own'
complete -c btfx -n '__btfx_command resolve-ids' -l distill-base -d 'Distill the base, and resolve against the distilled base'
complete -c btfx -n '__btfx_command resolve-ids' -l fatal-warnings -d 'Write nothing and exit with 1 when an id is not resolved or several types bear its name'
complete -c btfx -n '__btfx_command resolve-ids' -l no-sort -d 'Leave the types in their order'
complete -c btfx -n '__btfx_command resolve-ids' -l in-place -d 'Change ELF itself, atomically, instead of writing beside it'
complete -c btfx -n '__btfx_command resolve-ids' -l patch -r -F -d 'Replace the content of ELF\'s .BTF_ids with FILE'
complete -c btfx -n '__btfx_command resolve-ids' -l list -d 'Print every set and every id with the type it names'
complete -c btfx -n '__btfx_command resolve-ids' -l strip-signature -d 'Drop the signature of a signed module when the module changes'
complete -c btfx -n '__btfx_command resolve-ids' -l force -d 'Continue although ids were resolved before, no symbols say which words are ids, or the distilled result does not relocate onto its own base'
complete -c btfx -n '__btfx_command resolve-ids' -F

complete -c btfx -n __btfx_no_command -a help -d 'Show how to use btfx, a command, or a part of the manual'
complete -c btfx -n '__btfx_command help' -f -a 'dump\t"Print types as text, JSON, a C header or struct layouts" list\t"List files with BTF: sizes, number of types, relation to a base, release" extract\t"Write a BTF section as a file" check\t"Check that a kernel accepts the BTF of modules, and that it is the right kernel" diff\t"Show what changed between two BTFs or kernels, and which modules it breaks" relocate\t"Relocate modules onto a kernel as it would on load, or show why they do not fit" core\t"Check that BPF objects load on kernels, and show what their CO-RE accesses become" distill\t"Give modules a small base of their own, so that they fit other kernel builds" dedup\t"Drop the types from the BTF of modules that their base has already" merge\t"Merge several BTFs into one" rebase\t"Renumber standalone BTF as split BTF on a base" resolve-ids\t"Fill in the type ids that kernel code reads at run time" help\t"Show how to use btfx, a command, or a part of the manual"'
