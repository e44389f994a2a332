#!/usr/bin/env bash
# The rooms of src/ and what may stand in them: an include that points back, or a library outside its room, fails.
set -u
cd "$(dirname "$0")/.." || exit 2
status=0

complain() {
  printf '%s\n' "$1" >&2
  status=1
}

# forbid WHAT PATTERN PATH...: no line of the sources below the paths may match the extended pattern.
forbid() {
  local what=$1 pattern=$2 found
  shift 2
  found=$(grep -rnE --include='*.cc' --include='*.h' "$pattern" "$@") && complain "$what:
$found"
}

# What each room may include besides itself and src/base. A folder that is not listed is no room: its includes fail.
declare -A may_include=(
  [base]=''
  [image]=''
  [btf]='image'
  [btf/kernel_rules]='btf'
  [results]='btf btf/kernel_rules'
  [transform/bpf]='btf'
  [transform/check]='image btf btf/kernel_rules results transform/ids transform/merge transform/relocate'
  [transform/co_re]='btf results transform/bpf'
  [transform/diff]='btf results'
  [transform/edit]='btf'
  [transform/ids]='btf results transform/edit transform/relocate'
  [transform/merge]='btf'
  [transform/relocate]='btf results transform/diff transform/edit'
  [inputs]='image btf transform/check transform/diff transform/merge transform/relocate results'
  [emit/c]='btf emit/dump'
  [emit/dump]='btf emit/report'
  [emit/report]='btf results'
  [run]='inputs'
  [run/batch]='image inputs emit/report run run/outputs'
  [run/outputs]='image btf results transform/co_re inputs run'
  [run/reading]='image btf results transform/bpf transform/co_re transform/diff transform/merge transform/relocate inputs emit/report run run/batch'
  [cmd/cli]='btf run run/outputs'
  [cmd/cli/docs]='cmd/cli'
)
may_include[cmd]="${!may_include[*]}" # cmd joins all of them

# Prints ROOM INCLUDED_ROOM FILE:LINE for each include of ours.
includes() {
  grep -rnoE --include='*.cc' --include='*.h' '^#include "[^"]+/' src cmd |
    sed -E 's,^((src/)?(.*)/[^/:]*:[0-9]+):#include "(.*)/$,\3 \4 \1,'
}
while read -r room included place; do
  [ "$room" = "$included" ] || [ "$included" = base ] || [[ " ${may_include[$room]-} " == *" $included "* ]] ||
    complain "$place: $room may not include $included"
done < <(includes)
# Names from the rooms' roots only: a relative include would hide where it points.
forbid 'includes name their room' '^#include "(\.|[^/"]+")' src cmd

others() { # every source that matches none of the given patterns
  local files
  files=$(find src cmd -name '*.cc' -o -name '*.h')
  for pattern in "$@"; do files=$(grep -vE "$pattern" <<<"$files"); done
  printf '%s\n' "$files"
}
mapfile -t no_threads < <(others '^src/base/batch\.')
forbid 'threads live in src/base/batch' 'std::(jthread|thread|async)\b|pthread_create' "${no_threads[@]}"
mapfile -t no_elf < <(others '^src/image/')
forbid 'libelf is used in src/image' '#include <(libelf|gelf)\.h>' "${no_elf[@]}"
mapfile -t no_archive < <(others '^src/image/')
forbid 'libarchive is used in src/image' '#include <archive(_entry)?\.h>' "${no_archive[@]}"
forbid 'nothing is printed outside src/emit and cmd' 'std::(cout|cerr|clog|print)|\b(f?printf|puts|fputs|putchar)\(|fmt::print|<iostream>' \
  src/base src/image src/btf src/results src/transform src/inputs src/run

exit "$status"
