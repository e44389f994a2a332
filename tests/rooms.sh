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

rooms() { printf '^#include "(%s)/' "$1"; }
forbid 'src/base may include only itself' "$(rooms 'image|btf|transform|emit|cmd')" src/base
forbid 'src/image may include only src/base' "$(rooms 'btf|transform|emit|cmd')" src/image
forbid 'src/btf may include only src/base and src/image' "$(rooms 'transform|emit|cmd')" src/btf
forbid 'src/transform includes neither src/emit nor cmd' "$(rooms 'emit|cmd')" src/transform
forbid 'src/emit includes neither src/transform nor cmd' "$(rooms 'transform|cmd')" src/emit
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
mapfile -t no_elf < <(others '^src/image/' '^src/emit/elf_writer')
forbid 'libelf is used in src/image and the ELF writer' '#include <(libelf|gelf)\.h>' "${no_elf[@]}"
mapfile -t no_archive < <(others '^src/image/')
forbid 'libarchive is used in src/image' '#include <archive(_entry)?\.h>' "${no_archive[@]}"
forbid 'nothing is printed outside src/emit and cmd' 'std::(cout|cerr|clog|print)|\b(f?printf|puts|fputs|putchar)\(|fmt::print|<iostream>' \
  src/base src/image src/btf src/transform

exit "$status"
