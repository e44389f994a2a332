#!/usr/bin/env bash
# core-gate.sh OBJECT KERNEL...: on which of these kernels does a BPF object load, and which lines keep it from the
# others?
#
# OBJECT is what clang made (-target bpf -g), KERNELs are packages, kernel images, raw BTF, releases or `running`; none
# of them need be installed. Prints for each kernel that it loads there, or that it fails or may load only, with the lines
# of source that need a guard (bpf_core_field_exists and the like) or an alternative, and the externs and targets that the
# kernel does not have. Ends with status 1 when there is one, as `btfx core --strict` does, so that a build can stop there; 2
# when something could not be read.
set -euo pipefail
(($# > 1)) || { echo "usage: core-gate.sh OBJECT KERNEL..." >&2; exit 2; }
btfx=${BTFX:-btfx} object=$1
shift

bases=()
for kernel in "$@"; do bases+=(-B "$kernel"); done
status=0
report=$("$btfx" --json core "$object" "${bases[@]}" --strict) || status=$?
((status < 2)) || exit 2
jq -r '.summary.objects[0] as $object | .results as $all
  | ($object.loads_on[] | "loads on \(.)"),
    ((($object.poisoned_on[] | ["may load on", .]), ($object.fails_on[] | ["fails on", .])) as [$word, $kernel]
     | "\($word) \($kernel):",
     ($all[] | select(.kernel == $kernel) |
      (select(.load) | .findings[] | "  \(.text)"),
      (select(.extern and (.called or (.state | IN("missing", "unfit", "unknown")))) | "  \(.extern): \(.message)"),
      (select(.target and .needed_at_load and (.optional | not) and (.target | IN("missing", "unfit", "unknown")))
       | "  \(.section): \(.message)")),
     ([$all[] | select(.kernel == $kernel and (.optional | not) and
                       (.verdict == "ambiguous" or .verdict == "error" or (.verdict == "poison" and (.guarded | not))))]
      | unique_by(.file, .line, .path)[]
      | "  \(.file // .section):\(.line // .insn): \(.path): \(.message)",
        (.source_line // empty | "      \(sub("^[ \t]+"; ""))")))' <<<"$report"
exit "$status"
