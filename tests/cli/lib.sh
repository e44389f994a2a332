# What every test of the command line starts with. Sourced, it turns on strict mode, changes into an empty directory of the
# test's own, and defines checks that print what was expected and what came.
#
# `btfx` is the program under test, in a wrapper that notes when it ends with a status of 124 or more: then the test fails,
# even if the call stands where the shell ignores its status (in a pipe, in `if`, after `!`, in `<(...)`), and even if the
# test is skipped afterwards. A failed command in `$(...)` and `<(...)` fails the test as well. $BTFX is the wrapper, for
# scripts and programs that run btfx; $btfx_itself is the program, for tests that kill or trace it.
#
# shellcheck shell=bash
set -Eeuo pipefail
shopt -s inherit_errexit

script=$(realpath "$0")
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
DATA=${DATA:-$root/tests/data}
# shellcheck disable=SC2034  # for the tests
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
btfx_itself=$(realpath "${BTFX:-$root/build/btfx}")
# shellcheck disable=SC2034
build=${BUILD:-$(dirname "$btfx_itself")}
[[ -x $btfx_itself ]] || { echo "$btfx_itself is not there: set BTFX" >&2 && exit 1; }

scratch=$(mktemp -d)
work=$scratch/work     # where the test runs
failures=$scratch/failures # what went wrong, printed at the end: standard error may be redirected when it is noted
cleanups=()
mkdir "$work" "$scratch/bin"
: >"$failures"
cat >"$scratch/bin/btfx" <<WRAPPER
#!/bin/sh
'$btfx_itself' "\$@"
status=\$?
[ "\$status" -lt 124 ] || printf 'btfx %s: ended with status %d\n' "\$*" "\$status" >>'$failures'
exit "\$status"
WRAPPER
chmod +x "$scratch/bin/btfx"
export BTFX=$scratch/bin/btfx PATH=$scratch/bin:$PATH DATA
# What a sanitizer finds ends the program with a status that no test expects, instead of 1.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}exitcode=134 UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}exitcode=134
export TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}exitcode=134
cd "$work"

# Where the script stands: the innermost line that is its own, and the lines that called it.
where() {
  local frame text=
  for ((frame = 1; frame < ${#BASH_SOURCE[@]}; frame++)); do
    [[ ${BASH_SOURCE[frame]} != "${BASH_SOURCE[0]}" ]] || continue
    text+="${text:+, called at }${BASH_SOURCE[frame]##*/}:${BASH_LINENO[frame - 1]}"
  done
  printf '%s' "$text"
}
fail() { # TEXT...: ends the test as failed
  {
    printf '%s: ' "$(where)"
    printf '%s\n' "$@"
  } >>"$failures"
  exit 1
}
on_error() { # STATUS COMMAND; of a pipe that is the last one, so the line of the script is printed, too
  local line=${BASH_LINENO[0]}
  printf '%s: ended with status %d: %s\n' "$(where)" "$1" "$2" >>"$failures"
  if [[ ${BASH_SOURCE[1]} == "$0" ]]; then sed -n "${line}s/^ */  /p" "$script" >>"$failures"; fi
}
trap 'on_error $? "$BASH_COMMAND"' ERR
finish() {
  local status=$? command
  trap - ERR
  set +e
  for command in "${cleanups[@]}"; do $command; done
  if [[ -s $failures ]]; then
    cat "$failures" >&2
    status=1
  elif [[ $status != 0 && $status != 77 ]]; then
    echo "${script##*/}: ended with status $status" >&2
  fi
  cd /
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT
at_exit() { cleanups+=("$1"); } # COMMAND, a word or several

skip() { # REASON
  echo "skipped: $1"
  exit 77
}
need() { # PROGRAM...: the test is skipped where one is missing
  local program
  for program; do command -v "$program" >/dev/null || skip "$program is not installed"; done
}

expect() { # STATUS COMMAND...: runs it with its output in the files out and err
  local wanted=$1 status=0
  shift
  "$@" >out 2>err || status=$?
  [[ $status == "$wanted" ]] || fail "$*" "expected status $wanted, came $status" 'standard output:' "$(start_of out)" \
    'standard error:' "$(start_of err)"
}
same() { # EXPECTED ACTUAL [WHAT]: the two texts are equal
  [[ $2 == "$1" ]] || fail "${3:-texts differ}" "expected: $1" "came:     $2"
}
contains() { # TEXT PART
  [[ $1 == *"$2"* ]] || fail 'a part is missing' "expected: $2" "in:       $1"
}
lacks() { # TEXT PART
  [[ $1 != *"$2"* ]] || fail 'a part should not be there' "unexpected: $2" "in:         $1"
}
matches() { # TEXT REGEX: the extended regular expression matches the text or a part of it
  [[ $1 =~ $2 ]] || fail 'a text does not match' "expected: $2" "came:     $1"
}
has() { # FILE [GREP OPTION...] PATTERN: a line of FILE (-: of standard input) matches
  local file
  file=$(readable "$1")
  grep -q "${@:2:$#-2}" -e "${!#}" "$file" || fail "no line matches" "expected: ${*:2}" "in $1:" "$(start_of "$file")"
}
has_not() { # FILE [GREP OPTION...] PATTERN: no line of it does
  local file
  file=$(readable "$1")
  ! grep -n "${@:2:$#-2}" -e "${!#}" "$file" >"$scratch/found" || fail "a line matches ${*:2}" "in $1:" "$(start_of "$scratch/found")"
}
count() { # FILE [GREP OPTION...] PATTERN: prints how many lines match
  grep -c "${@:2:$#-2}" -e "${!#}" "$1" || [[ $? == 1 ]]
}
same_files() { # EXPECTED ACTUAL [WHAT]: the same bytes; - is standard input
  local expected actual
  expected=$(readable "$1") actual=$(readable "$2")
  cmp -s "$expected" "$actual" || fail "${3:-$2 differs from $1}" "$(difference "$expected" "$actual")"
}
assert() { # EXPRESSION, as for test(1)
  test "$@" || fail "is not true: $*"
}

readable() { # FILE: prints the name of a file with its content that can be read more than once
  local copy=$scratch/text.$BASHPID
  if [[ -f $1 ]]; then
    printf '%s' "$1"
  else
    cat "$1" >"$copy"
    printf '%s' "$copy"
  fi
}
start_of() { head -n 60 "$1" | head -c 20000 | tr -d '\0'; }
difference() { # EXPECTED ACTUAL
  if grep -qIv '^$' "$1" || grep -qIv '^$' "$2"; then
    diff -u --label expected --label came "$1" "$2" >"$scratch/difference" || true
    start_of "$scratch/difference"
  else
    cmp "$1" "$2" 2>&1 || true
    printf 'expected %s bytes, came %s\n' "$(stat -Lc %s "$1")" "$(stat -Lc %s "$2")"
    cmp -l "$1" "$2" 2>/dev/null | head -n 20 || true
  fi
}
