#!/usr/bin/env bash
# A reader that goes away ends the program quietly with status 0; a full disk or a closed output does not.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >"$work/vmlinux.btf"

for arguments in "dump $work/vmlinux.btf" "-j dump $work/vmlinux.btf" "extract $work/vmlinux.btf"; do
  set +e
  # shellcheck disable=SC2086
  "$BTFX" $arguments 2>"$work/err" | head -c 1 >"$work/out"
  ended=("${PIPESTATUS[@]}")
  set -e
  [[ ${ended[0]} == 0 && ! -s $work/err ]] || { echo "$arguments: ${ended[0]}" >&2; cat "$work/err"; exit 1; }
done

full() { # REDIRECTED COMMAND... : what it says when standard output cannot be written
  local status=0
  "$@" >/dev/full 2>"$work/err" || status=$?
  [[ $status == 2 ]]
  [[ $(<"$work/err") == "btfx: error: standard output: cannot write: No space left on device" ]]
}
if [[ -e /dev/full ]]; then
  full "$BTFX" dump "$work/vmlinux.btf"
  full "$BTFX" list "$work/vmlinux.btf"
  full "$BTFX" -j list "$work/vmlinux.btf"
  full "$BTFX" --help
fi

# A closed standard output must not become the first file that is opened.
status=0
"$BTFX" dump "$work/vmlinux.btf" >&- 2>"$work/err" || status=$?
[[ $status == 2 && $(<"$work/err") == "btfx: error: standard output: cannot write: Bad file descriptor" ]]
status=0
"$BTFX" dump - <&- 2>"$work/err" || status=$?
[[ $status == 2 && $(<"$work/err") == *"Bad file descriptor" ]]
# Without standard error there is nobody to tell, and the status tells it all.
status=0
"$BTFX" dump nosuch 2>&- || status=$?
[[ $status == 2 ]]
