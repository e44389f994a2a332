#!/usr/bin/env bash
# What a reader should not have to check: rooms, format, shell scripts, manual pages, clang-tidy.
# Usage: tests/lint.sh [DIRECTORY for what it remembers; default: build]
# clang-tidy reads the program, not its tests, and skips what it has passed before: a file that it accepted, with the same
# headers and the same checks.
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

scripts() { { files '*.sh' && files | xargs grep -lIE '^#!/.*\b(ba)?sh$'; } | sort -u | xargs shellcheck; }

# The scripts of pages, where there is something to read them.
pages() {
  if ! command -v node >/dev/null; then
    printf 'lint: node is not installed: the scripts of pages are not read\n'
    return 0
  fi
  files 'src/emit/report/page/*.js' | xargs -n1 node --check
}

# A code of a finding that nothing prints any more. (One that is printed and not in the table does not compile.)
codes() {
  local code status=0
  while read -r code; do
    [[ $code == kernel-RULE ]] || grep -rqF --include='*.cc' --include='*.h' --exclude=findings.h "\"$code\"" src cmd || {
      printf '%s: in src/base/findings.h, but nothing prints it\n' "$code"
      status=1
    }
  done < <(sed -nE 's/^      \{"([a-z-]+)", .*/\1/p' src/base/findings.h)
  return "$status"
}

# Types, macros and namespaces with names that are the implementation's: with two underscores, or one and a capital in front.
reserved_names() {
  local found
  found=$(files '*.cc' '*.h' | xargs grep -nE '^ *(#define +|namespace +|class +|struct +|enum (class )?|using +)(_[A-Z]|[A-Za-z_0-9]*__)') || return 0
  printf '%s\n' "$found"
  return 1
}

manuals() { files 'man/*.[1-9]' | xargs -r mandoc -T lint -W warning; }

# What stands for a file, with all headers and checks, that has been passed.
mark_of() { printf '%s/tidy/passed/%s\n' "$build" "$({ echo "$1 $common" && cat "$1"; } | sha256sum | cut -c1-32)"; }

tidy_one() { # FILE: marks it when it passes
  local found
  if found=$(clang-tidy --quiet -p "$build/tidy/alone" "$1" 2>&1); then
    : >"$(mark_of "$1")"
  else
    grep -v ' warnings\? generated\|^Suppressed\|^Use -header-filter' <<<"$found"
    return 1
  fi
}

# What clang-tidy says of all files of a batch, read as one that includes them.
read_together() { # NUMBER [OPTION...]
  clang-tidy --quiet -p "$build/tidy" --header-filter='/(src|cmd)/([^/]+/)*[^/]+\.(h|cc)$' "${@:2}" "$build/tidy/$1.cc" 2>&1
}

# Sets first to the files of which nothing is said, and second to the others.
divide() { # TEXT FILE...
  local file
  first=() second=()
  for file in "${@:2}"; do
    if grep -q "/$file:" <<<"$1"; then second+=("$file"); else first+=("$file"); fi
  done
}

# Most of the time goes into the headers of the standard library, so files are read together. Those that define what another
# has defined are found first, without the checks, and set aside for the next round. What the checks say counts only when it
# is nothing: else the files are read in two parts, those of which something is said apart, down to each alone.
tidy_together() { # NUMBER FILE...
  local failed=0 found file half
  local -a first=() second=() batch=("${@:2}")
  [ $# -gt 1 ] || return 0
  if [ $# = 2 ]; then
    tidy_one "$2"
    return
  fi
  printf "#include \"$PWD/%s\"\n" "${batch[@]}" >"$build/tidy/$1.cc"
  if ! found=$(read_together "$1" --config='{Checks: "-*,misc-static-assert"}' --extra-arg=-ferror-limit=0); then
    divide "$found" "${batch[@]}"
    if [ ${#first[@]} -gt 0 ] && [ ${#second[@]} -gt 0 ]; then
      printf '%s\n' "${second[@]}" >>"$build/tidy/aside"
      batch=("${first[@]}")
      printf "#include \"$PWD/%s\"\n" "${batch[@]}" >"$build/tidy/$1.cc"
    fi
  fi
  if found=$(read_together "$1" --config-file=.clang-tidy --checks=-bugprone-suspicious-include); then
    for file in "${batch[@]}"; do : >"$(mark_of "$file")"; done
    return
  fi
  divide "$found" "${batch[@]}"
  if [ ${#first[@]} = 0 ] || [ ${#second[@]} = 0 ]; then
    half=$(((${#batch[@]} + 1) / 2))
    first=("${batch[@]:0:half}") second=("${batch[@]:half}")
  fi
  tidy_together "$1" "${first[@]}" || failed=1
  tidy_together "$1" "${second[@]}" || failed=1
  return "$failed"
}

tidy() {
  local file batches number at each failed=0
  local -a todo=()
  mkdir -p "$build/tidy/passed"
  # How each file is compiled by itself; gcc's precompiled headers are not for clang.
  cmake -S . -B "$build/tidy/alone" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DBTFX_UNITY=OFF \
    -DBTFX_PCH=OFF -DBUILD_TESTING=OFF >/dev/null || return
  common=$(files '*.h' '*.clang-tidy' '*CMakeLists.txt' | xargs cat | sha256sum)
  export build common
  while read -r file; do
    ! grep -q "/$file\"" "$build/tidy/alone/compile_commands.json" || [ -e "$(mark_of "$file")" ] || todo+=("$file")
  done < <(files 'src/*.cc' 'cmd/*.cc')
  export -f mark_of tidy_one read_together divide tidy_together
  while [ ${#todo[@]} -gt 0 ]; do
    printf 'lint: clang-tidy reads %d files\n' ${#todo[@]}
    each=$(((${#todo[@]} + 60 * $(nproc) - 1) / (60 * $(nproc)))) # as many for each processor, of at most 60 files
    batches=$((each * $(nproc)))
    # cmd uses all rooms, so what compiles it compiles any of them.
    jq --arg tidy "$(realpath "$build/tidy")" --argjson batches "$batches" 'map(select(.file | endswith("/cmd/main.cc")))[0] |
      [. + ("\($tidy)/\(range($batches)).cc" as $file | {$file, command: (.command | sub(" -o .*"; " -c \($file)"))})]' \
      "$build/tidy/alone/compile_commands.json" >"$build/tidy/compile_commands.json"
    : >"$build/tidy/aside"
    # Each takes files far from each other: neighbours are the likeliest to clash.
    for ((number = 0; number < batches; ++number)); do
      printf '%s' "$number"
      for ((at = number; at < ${#todo[@]}; at += batches)); do printf ' %s' "${todo[at]}"; done
      printf '\n'
    done | xargs -L1 -P"$(nproc)" bash -c 'tidy_together "$@"' tidy || failed=1
    mapfile -t todo <"$build/tidy/aside"
  done
  return "$failed"
}

step rooms tests/rooms.sh
step clang-format format
step shellcheck scripts
step "codes of findings" codes
step "scripts of pages" pages
step "reserved names" reserved_names
step mandoc manuals
step clang-tidy tidy
exit "$status"
