#!/usr/bin/env bash
# A btfx that crashes fails every test of the command line, wherever it does it, and a check that fails prints what was
# expected and what came.
# label: slow
# shellcheck disable=SC2016  # what stands between single quotes are scripts
. "$(dirname "$0")/lib.sh"
ulimit -c 0

# crashing: btfx that answers as it should, and dies of a signal then.
cat >crashing <<END
#!/bin/sh
: >"\${CALLED:-/dev/null}"
'$btfx_itself' "\$@"
kill -SEGV \$\$
END
chmod +x crashing

# try STATUS TEXT...: a test with the lines of standard input ends with the status and prints each of the texts.
try() {
  { echo ". '$root/tests/cli/lib.sh'" && cat; } >try.sh
  expect "$1" bash try.sh
  local text
  for text in "${@:2}"; do contains "$(cat out err)" "$text"; done
}
# Wherever the shell itself would not look at the status.
while read -r line; do
  BTFX=$work/crashing try 1 'btfx --version: ended with status 139' <<<"$line"
  try 0 <<<"$line"
done <<'END'
btfx --version
btfx --version >out
btfx --version | cat
btfx --version | head -c 1 >out
btfx --version || true
btfx --version && true
if btfx --version; then true; fi
! btfx --version || true
true || ! btfx --version; ! btfx --version || true
x=$(btfx --version); same "$x" "$x"
x=$(btfx --version) || true
same "$(btfx --version; true)" "$(btfx --version || true)"
cat <(btfx --version)
same_files <(btfx --version) <(btfx --version || true)
while read -r line; do same "$line" "$line"; done < <(btfx --version)
(btfx --version; true)
(btfx --version) | (cat; true)
set +e; btfx --version; set -e
f() { btfx --version; true; }; f || true
btfx --version & wait "$!" || true
bash -c '"$BTFX" --version; true'
env -i "$BTFX" --version || true
export -n PATH; btfx --version || true
END
BTFX=$work/crashing try 1 'ended with status 139' <<<'btfx --version || skip "not here"'
try 77 'skipped: not here' <<<'btfx --nosuch 2>/dev/null || skip "not here"'
BTFX=$work/crashing try 1 'ended with status 139' <<<'expect 139 btfx --version'
BTFX=$work/crashing try 0 <<<'expect 139 "$btfx_itself" --version'
# Errors of any command in strict mode, and a status that is not expected.
try 1 'try.sh:2: ended with status 1: false' <<<'false; true'
try 1 'try.sh:2: ended with status 1: ' '  false | cat' <<<'false | cat'
try 1 'try.sh:2: ended with status 1: false' <<<'echo "$(false; true)"'
try 1 'try.sh:2: ended with status 1: false' <<<'cat <(false)'
try 1 'try.sh:2, called at try.sh:3: ended with status 2: btfx dump nosuch' <<<$'f() { btfx dump nosuch 2>/dev/null; true; }\nf'
try 1 'unbound variable' <<<'echo "$nosuch"'
try 1 'try.sh:2: btfx dump nosuch' 'expected status 0, came 2' 'nosuch: cannot open' <<<'expect 0 btfx dump nosuch'
# What is spoiled says so.
try 1 'expected: one' 'came:     two' <<<'same one two'
try 1 'the number' 'expected: one' 'came:     two' <<<'same one two "the number"'
try 1 'expected: four' 'in:       one two three' <<<'contains "one two three" four'
try 1 'unexpected: two' 'in:         one two three' <<<'lacks "one two three" two'
try 1 'expected: ^two' 'came:     one two three' <<<'matches "one two three" ^two'
try 1 'expected: -x two' 'in out:' 'one two three' <<<'echo one two three >out; has out -x two'
try 1 'expected: -x two' 'one two three' <<<'echo one two three | has - -x two'
try 1 'a line matches tw[o]' '1:one two three' <<<'echo one two three >out; has_not out "tw[o]"'
try 1 '-one' '+two' ' three' <<<'printf "one\nthree\n" >a; printf "two\nthree\n" | same_files a -'
try 1 'a b differ: byte 2, line 1' 'expected 3 bytes, came 4' <<<'printf "a\0b" >a; printf "a\1b\0" >b; same_files a b'
try 1 'is not true: -e nosuch' <<<'assert -e nosuch'
try 0 <<<'same one one; contains "one two" two; lacks one two; matches one ^o; echo one >f; has f -x one; has_not f two; same_files f f; same 0 "$(count f two)"'
try 3 'ended with status 3' <<<'exit 3'

# Tests that run no btfx of ours: they look at what was built and installed.
apart=(completion_bash completion_fish completion_zsh generated install lib lib_selftest manual)
mapfile -t tests < <(printf '%s\n' "$root"/tests/cli/*.sh | sed 's/.*\///; s/\.sh$//' | grep -vxF "$(printf '%s\n' "${apart[@]}")")
crash() { # TEST: is run with the crashing btfx; prints what is wrong about how it ends
  local status=0
  CALLED=$work/$1.called BUILD=$build BTFX=$work/crashing bash "$root/tests/cli/$1.sh" >"$1.out" 2>&1 || status=$?
  if [[ -e $1.called ]]; then
    [[ $status == 1 ]] || echo "$1: ended with status $status, though btfx crashed"
    grep -qw 139 "$1.out" || echo "$1: does not say that btfx crashed: $(head -c 2000 "$1.out")"
  elif [[ $status != 77 ]]; then
    echo "$1: has not run btfx, and ended with status $status"
  fi
}
export -f crash
export root work build
printf '%s\n' "${tests[@]}" | xargs -P "$(nproc)" -I '{}' bash -c 'crash {}' >wrong
same '' "$(<wrong)"
for name in "${tests[@]}"; do [[ -e $name.called ]] || echo "not tried: $name is skipped here"; done
