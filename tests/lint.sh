#!/usr/bin/env bash
# What a reader should not have to check: rooms, format, shell scripts, manual pages, clang-tidy.
# Usage: tests/lint.sh [BUILD_DIRECTORY with compile_commands.json; default: build]
# clang-tidy reads the program, not its tests, and skips what it has passed before: a file that it accepted, with the same headers and the same checks.
# shellcheck disable=SC2317  # the functions are called through step()
set -u
cd "$(dirname "$0")/.." || exit 2
build=${1:-build}
status=0

step() { # NAME COMMAND...
  printf 'lint: %s\n' "$1"
  "${@:2}" || {
    printf 'lint: %s: failed\n' "$1" >&2
    status=1
  }
}

# The files of the repository, new ones included, that match the patterns.
files() {
  local file
  while read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done < <(git ls-files --cached --others --exclude-standard -- "$@")
}

format() { files '*.cc' '*.h' | xargs clang-format --dry-run -Werror; }

scripts() { files | xargs grep -lIE '^#!/.*\b(ba)?sh$' | xargs shellcheck; }

manuals() { files 'man/*.[1-9]' | xargs -r mandoc -T lint -W warning; }

tidy_one() { # FILE MARK: makes MARK when FILE passes
  local found
  if found=$(clang-tidy --quiet -p "$build" "$1" 2>&1); then
    : >"$2"
  else
    grep -v ' warnings\? generated\|^Suppressed\|^Use -header-filter' <<<"$found"
    return 1
  fi
}

tidy() {
  local common file mark
  local -a todo=()
  mkdir -p "$build/tidy-passed"
  common=$(files '*.h' '*.clang-tidy' '*CMakeLists.txt' | xargs cat | sha256sum)
  while read -r file; do
    grep -q "/$file\"" "$build/compile_commands.json" || continue
    mark=$build/tidy-passed/$({ echo "$file $common" && cat "$file"; } | sha256sum | cut -c1-32)
    [ -e "$mark" ] || todo+=("$file" "$mark")
  done < <(files 'src/*.cc' 'cmd/*.cc')
  [ ${#todo[@]} -gt 0 ] || return 0
  printf 'lint: clang-tidy reads %d files\n' $((${#todo[@]} / 2))
  export build
  export -f tidy_one
  printf '%s\0' "${todo[@]}" | xargs -0 -n2 -P"$(nproc)" bash -c 'tidy_one "$@"' tidy
}

[ -e "$build/compile_commands.json" ] || cmake --preset release >/dev/null || exit 2
step rooms tests/rooms.sh
step clang-format format
step shellcheck scripts
step mandoc manuals
step clang-tidy tidy
exit "$status"
