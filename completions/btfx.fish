# Made by btfx-docs from the definitions of the commands in cmd/: change them, then run `ninja docs`.

# Whether an option takes the next word as its value.
function __btfx_takes_value -a cmd option
    switch "$cmd $option"
        case '* -B' '* --base-btf' '* --jobs' '* --color' '* --progress'
            return 0
        case 'dump -o' 'dump --output' 'dump --guard' 'dump --cacheline'
            return 0
        case 'extract -o' 'extract --output' 'extract --section' 'extract --byte-order'
            return 0
        case 'check --from' 'check --find-base' 'check --format' 'check --report' 'check --bloat-threshold'
            return 0
        case 'merge -o' 'merge --output' 'merge --into' 'merge --name' 'merge --byte-order'
            return 0
        case 'rebase -o' 'rebase --output' 'rebase --into' 'rebase --byte-order'
            return 0
        case 'distill -o' 'distill --output' 'distill --output-dir'
            return 0
        case 'relocate --from' 'relocate -o' 'relocate --output' 'relocate --output-dir'
            return 0
        case 'resolve-ids --btf' 'resolve-ids --patch'
            return 0
        case 'diff --old-base' 'diff --new-base' 'diff --affects' 'diff --only' 'diff --name' 'diff --severity' 'diff --format'
            return 0
        case 'core --modules' 'core --format' 'core --minimal' 'core --report'
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

function __btfx_releases
    for release in /lib/modules/*/ /boot/vmlinuz-*
        string replace -r '/$' '' -- $release | string replace /boot/vmlinuz- '' | string replace /lib/modules/ ''
    end
end

complete -c btfx -f
complete -c btfx -s B -l base-btf -r -F -a 'none running (__btfx_releases)' -d 'Base BTF that split BTF continues; none forbids looking for one'
complete -c btfx -s j -l json -d 'Print results as JSON'
complete -c btfx -s p -l pretty -d 'Print results as indented JSON'
complete -c btfx -l jobs -r -d 'Worker threads for many inputs; default: the number of processors'
complete -c btfx -s q -l quiet -d 'Say less on standard error: errors only'
complete -c btfx -s v -l verbose -d 'Say more on standard error: what was chosen and why'
complete -c btfx -l color -r -a 'auto always never' -d 'Colour messages: on a terminal, always or never'
complete -c btfx -l progress -r -a 'auto always never' -d 'Show progress on standard error: for batches over one second on a terminal, always or never'
complete -c btfx -s h -l help -d 'Show help and exit'
complete -c btfx -s V -l version -d 'Show the version and exit'

complete -c btfx -n __btfx_no_command -a dump -d 'Print types as text, JSON, a C header or layouts'
complete -c btfx -n '__btfx_command dump' -s o -l output -r -F -d 'Write to FILE, which is replaced whole or not at all; - or none: to standard output'
complete -c btfx -n '__btfx_command dump' -l guard -r -d 'C: the macro that guards against a second inclusion'
complete -c btfx -n '__btfx_command dump' -l preserve-access-index -d 'C: let clang record accesses for relocation (default)'
complete -c btfx -n '__btfx_command dump' -l no-preserve-access-index -d 'Not: C: let clang record accesses for relocation (default)'
complete -c btfx -n '__btfx_command dump' -l kfuncs -d 'C: declare all kernel functions that BPF programs may call, not only chosen ones'
complete -c btfx -n '__btfx_command dump' -l no-kfuncs -d 'Not: C: declare all kernel functions that BPF programs may call, not only chosen ones'
complete -c btfx -n '__btfx_command dump' -l cplusplus -d 'C: write the header for C++ compilers'
complete -c btfx -n '__btfx_command dump' -l compat -d 'C: prefix types that <stdint.h>, <stdbool.h> or <sys/types.h> define too with vmlinux_'
complete -c btfx -n '__btfx_command dump' -l packed-unions -d 'C: pack unions whose layout needs it, which bpftool forgets'
complete -c btfx -n '__btfx_command dump' -l ms-extensions -d 'C: leave anonymous members with a tag to -fms-extensions (default)'
complete -c btfx -n '__btfx_command dump' -l no-ms-extensions -d 'Not: C: leave anonymous members with a tag to -fms-extensions (default)'
complete -c btfx -n '__btfx_command dump' -l cacheline -r -d 'Layout: how long a cacheline is (default: 64)'
complete -c btfx -n '__btfx_at dump first file id prog name pinned tag map format root_id kind' -a file -d 'Types of a source; the word may be left out before the first'
complete -c btfx -n '__btfx_at dump first file id prog name pinned tag map format root_id kind' -a id -d 'Types of the BTF object with that id in the running kernel'
complete -c btfx -n '__btfx_at dump first file id prog name pinned tag map format root_id kind' -a prog -d 'Types of a program loaded in the running kernel'
complete -c btfx -n '__btfx_at dump first file id prog name pinned tag map format root_id kind' -a map -d 'Types of a map of the running kernel: its key\'s and value\'s (kv), or all of its BTF'
complete -c btfx -n '__btfx_at dump first file id prog name pinned tag map format root_id kind' -F -a 'running (__btfx_releases)'
complete -c btfx -n '__btfx_at dump later file id prog name pinned tag map format root_id kind' -a file -d 'Types of a source; the word may be left out before the first'
complete -c btfx -n '__btfx_at dump later file id prog name pinned tag map format root_id kind' -a format -d 'raw (default), json (as -j), c or layout'
complete -c btfx -n '__btfx_at dump later file id prog name pinned tag map format root_id kind' -a root_id -d 'Only the type with this id; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog name pinned tag map format root_id kind' -a name -d 'Only types whose name matches a shell pattern; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog name pinned tag map format root_id kind' -a kind -d 'Only types of a kind, such as struct or func_proto; repeatable'
complete -c btfx -n '__btfx_at dump later file id prog name pinned tag map format root_id kind' -a unsorted -d 'Do not sort the types of a C dump'
complete -c btfx -n '__btfx_at dump later-map file id prog name pinned tag map format root_id kind' -a key
complete -c btfx -n '__btfx_at dump later-map file id prog name pinned tag map format root_id kind' -a value
complete -c btfx -n '__btfx_at dump later-map file id prog name pinned tag map format root_id kind' -a kv
complete -c btfx -n '__btfx_at dump later-map file id prog name pinned tag map format root_id kind' -a all
complete -c btfx -n '__btfx_at dump file file id prog name pinned tag map format root_id kind' -F -a 'running (__btfx_releases)'
complete -c btfx -n '__btfx_at dump prog file id prog name pinned tag map format root_id kind' -a 'id name pinned tag'
complete -c btfx -n '__btfx_at dump pinned file id prog name pinned tag map format root_id kind' -F
complete -c btfx -n '__btfx_at dump map file id prog name pinned tag map format root_id kind' -a 'id name pinned'
complete -c btfx -n '__btfx_at dump format file id prog name pinned tag map format root_id kind' -a 'raw c json layout'
complete -c btfx -n '__btfx_at dump kind file id prog name pinned tag map format root_id kind' -a 'int ptr array struct union enum fwd typedef volatile const restrict func func_proto var datasec float decl_tag type_tag enum64'

complete -c btfx -n __btfx_no_command -a extract -d 'Write the bytes of a BTF section'
complete -c btfx -n '__btfx_command extract' -s o -l output -r -F -d 'Write to FILE; - or none: to standard output'
complete -c btfx -n '__btfx_command extract' -l section -r -a '.BTF .BTF.base .BTF.ext .BTF_ids' -d 'The section to write; default: .BTF'
complete -c btfx -n '__btfx_command extract' -l byte-order -r -a 'little big' -d 'Change the byte order, of .BTF and .BTF.base; split BTF then needs its base'
complete -c btfx -n '__btfx_command extract' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a list -d 'Tell what carries BTF, and how much'
complete -c btfx -n '__btfx_command list' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a check -d 'Tell whether the kernel would take it, and whether it is the right kernel'
complete -c btfx -n '__btfx_command check' -l from -r -F -a 'running (__btfx_releases)' -d 'The base that the modules were built against: tells where it differs, and whether distilling would help'
complete -c btfx -n '__btfx_command check' -l find-base -r -a '(__fish_complete_directories)' -d 'Tell which of the kernels below DIR each module belongs to'
complete -c btfx -n '__btfx_command check' -l format -r -a 'text json html' -d 'How to print; default: text, or json with -j'
complete -c btfx -n '__btfx_command check' -l report -r -F -d 'Also write an HTML page with all findings to FILE'
complete -c btfx -n '__btfx_command check' -l failed -d 'List only what is not ok; the counts are those of everything'
complete -c btfx -n '__btfx_command check' -l bloat -d 'Also look for types that repeat the base\'s, and what kept them apart'
complete -c btfx -n '__btfx_command check' -l bloat-threshold -r -d 'Warn of repeated types from so many bytes on; default: 4096. Implies --bloat'
complete -c btfx -n '__btfx_command check' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a merge -d 'Merge several BTFs into one'
complete -c btfx -n '__btfx_command merge' -s o -l output -r -F -d 'Write raw BTF to FILE; -: to standard output'
complete -c btfx -n '__btfx_command merge' -l into -r -F -d 'Replace or add the .BTF section of an ELF file; sections that counted by the old one are told of'
complete -c btfx -n '__btfx_command merge' -l strip-signature -d 'With --into, drop the signature of a module, which has to be signed again'
complete -c btfx -n '__btfx_command merge' -l minimal -d 'Keep only what the types of the modules reach: BTF that explains the modules without a base'
complete -c btfx -n '__btfx_command merge' -l name -r -d 'Keep only types whose name matches, and what they reach; repeatable'
complete -c btfx -n '__btfx_command merge' -l sort -d 'Sort the types by name, as kernels from 7.0 on do'
complete -c btfx -n '__btfx_command merge' -l strict -d 'Merge only what cannot be told apart, whatever the order, and the base\'s forward declarations too'
complete -c btfx -n '__btfx_command merge' -l byte-order -r -a 'little big' -d 'Byte order of the result'
complete -c btfx -n '__btfx_command merge' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a rebase -d 'Renumber standalone BTF as split BTF on a base'
complete -c btfx -n '__btfx_command rebase' -s o -l output -r -F -d 'Write raw BTF to FILE; -: to standard output'
complete -c btfx -n '__btfx_command rebase' -l into -r -F -d 'Replace or add the .BTF section of an ELF file; sections that counted by the old one are told of'
complete -c btfx -n '__btfx_command rebase' -l strip-signature -d 'With --into, drop the signature of a module, which has to be signed again'
complete -c btfx -n '__btfx_command rebase' -l sort -d 'Sort the types by name, as kernels from 7.0 on do'
complete -c btfx -n '__btfx_command rebase' -l byte-order -r -a 'little big' -d 'Byte order of the result'
complete -c btfx -n '__btfx_command rebase' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a distill -d 'Make the BTF of modules independent of one build of the kernel'
complete -c btfx -n '__btfx_command distill' -s o -l output -r -F -d 'Write the module, changed and uncompressed, to FILE; -: to standard output'
complete -c btfx -n '__btfx_command distill' -l in-place -d 'Replace each module atomically; it keeps its compression, mode and owner'
complete -c btfx -n '__btfx_command distill' -l output-dir -r -a '(__fish_complete_directories)' -d 'Write the sections to DIR/NAME.BTF, DIR/NAME.BTF.base and, if there is one, DIR/NAME.BTF_ids'
complete -c btfx -n '__btfx_command distill' -l dry-run -d 'Write nothing, print a table of sizes'
complete -c btfx -n '__btfx_command distill' -l sort -d 'Sort named types by name, as the kernel\'s build does since late 2025'
complete -c btfx -n '__btfx_command distill' -l strip-signature -d 'Drop the signature of a signed module'
complete -c btfx -n '__btfx_command distill' -l keep-ids -d 'Keep the base types that only .BTF_ids names, but for functions, which a distilled base cannot hold'
complete -c btfx -n '__btfx_command distill' -l force -d 'Write although the result does not relocate onto its own base; distill again what is distilled already'
complete -c btfx -n '__btfx_command distill' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a relocate -d 'Fit the BTF of modules to a kernel, or tell why it does not fit'
complete -c btfx -n '__btfx_command relocate' -l from -r -F -a 'running (__btfx_releases)' -d 'The base that the modules were built against'
complete -c btfx -n '__btfx_command relocate' -s o -l output -r -F -d 'Write the BTF of one module to FILE; -: to standard output, and no report'
complete -c btfx -n '__btfx_command relocate' -l output-dir -r -a '(__fish_complete_directories)' -d 'Write DIR/NAME.BTF for each module, and DIR/NAME.BTF_ids if it has one'
complete -c btfx -n '__btfx_command relocate' -l dry-run -d 'Write nothing but the report'
complete -c btfx -n '__btfx_command relocate' -l strict -d 'Relocate by sound rules instead of the kernel\'s'
complete -c btfx -n '__btfx_command relocate' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a resolve-ids -d 'Fill in the type ids that kernel code reads at run time'
complete -c btfx -n '__btfx_command resolve-ids' -l btf -r -F -a 'running (__btfx_releases)' -d 'Take the BTF from FILE, raw or ELF, even if ELF has its own'
complete -c btfx -n '__btfx_command resolve-ids' -l distill-base -d 'Distill the base, and resolve against what is left of it'
complete -c btfx -n '__btfx_command resolve-ids' -l fatal-warnings -d 'Write nothing and exit with 1 when an id is not resolved or several types bear its name'
complete -c btfx -n '__btfx_command resolve-ids' -l no-sort -d 'Leave the types in their order'
complete -c btfx -n '__btfx_command resolve-ids' -l in-place -d 'Change ELF itself, atomically, instead of writing beside it'
complete -c btfx -n '__btfx_command resolve-ids' -l patch -r -F -d 'Replace the content of .BTF_ids of ELF by FILE'
complete -c btfx -n '__btfx_command resolve-ids' -l list -d 'Print every set and id, and what it is'
complete -c btfx -n '__btfx_command resolve-ids' -l strip-signature -d 'Drop the signature of a signed module when it changes'
complete -c btfx -n '__btfx_command resolve-ids' -l force -d 'Go on although ids were resolved before, or no symbols tell where they stand, or what is distilled does not relocate onto its own base'
complete -c btfx -n '__btfx_command resolve-ids' -F

complete -c btfx -n __btfx_no_command -a diff -d 'Tell what changed between two BTFs or kernels, and whom it hurts'
complete -c btfx -n '__btfx_command diff' -l old-base -r -F -a 'running (__btfx_releases)' -d 'The base of OLD'
complete -c btfx -n '__btfx_command diff' -l new-base -r -F -a 'running (__btfx_releases)' -d 'The base of NEW'
complete -c btfx -n '__btfx_command diff' -l affects -r -F -a 'running (__btfx_releases)' -d 'Only what these modules, built for OLD, depend on, and whether they must be rebuilt for NEW'
complete -c btfx -n '__btfx_command diff' -l only -r -a 'int ptr array struct union enum fwd typedef volatile const restrict func func_proto var datasec float decl_tag type_tag enum64' -d 'Only types of these kinds (struct, func, ...) and changes of these (added, removed, changed, renamed, moved), with commas'
complete -c btfx -n '__btfx_command diff' -l name -r -d 'Only what has a name that matches a shell pattern'
complete -c btfx -n '__btfx_command diff' -l severity -r -a 'layout signature value compatible name-only' -d 'Only what is at least as severe'
complete -c btfx -n '__btfx_command diff' -l format -r -a 'text json html' -d 'How to print; default: text, or json with -j'
complete -c btfx -n '__btfx_command diff' -l summary -d 'A line for each change at most, no declarations'
complete -c btfx -n '__btfx_command diff' -F -a 'running (__btfx_releases)'

complete -c btfx -n __btfx_no_command -a core -d 'Tell whether BPF objects load on kernels, and what their accesses become'
complete -c btfx -n '__btfx_command core' -l modules -r -F -a 'running (__btfx_releases)' -d 'Modules, directories or packages of modules that belong to the kernels, up to the next option'
complete -c btfx -n '__btfx_command core' -l search-all -d 'Go beyond libbpf where it gives up without need, and label what comes out differently'
complete -c btfx -n '__btfx_command core' -l strict -d 'Exit status 1 also when an instruction is poisoned that is not guarded, and for warnings'
complete -c btfx -n '__btfx_command core' -l format -r -a 'text json html' -d 'How to print; default: text, or json with -j'
complete -c btfx -n '__btfx_command core' -l minimal -r -F -d 'Write the smallest BTF that serves the objects; with several kernels, to FILE/KERNEL.btf for each'
complete -c btfx -n '__btfx_command core' -l report -r -F -d 'Also write an HTML page with all details to FILE'
complete -c btfx -n '__btfx_command core' -F

complete -c btfx -n __btfx_no_command -a help -d 'Show how to use btfx or one of its commands'
complete -c btfx -n '__btfx_command help' -a 'dump extract list check merge rebase distill relocate resolve-ids diff core help'
