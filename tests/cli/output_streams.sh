#!/usr/bin/env bash
# A reader that goes away ends the program quietly with status 0; a full disk or a closed output does not.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >vmlinux.btf

for arguments in "dump vmlinux.btf" "-j dump vmlinux.btf" "extract vmlinux.btf"; do
  # shellcheck disable=SC2086
  btfx $arguments 2>err | head -c 1 >out
  same '' "$(<err)" "$arguments"
  assert -s out
done

full() { # ARGUMENT...
  btfx "$@" >/dev/full
}
if [[ -e /dev/full ]]; then
  for arguments in "dump vmlinux.btf" "list vmlinux.btf" "-j list vmlinux.btf" --help; do
    # shellcheck disable=SC2086
    expect 2 full $arguments
    same 'btfx: error: standard output: cannot write: No space left on device' "$(<err)" "$arguments"
  done
fi

# A closed standard output must not become the first file that is opened.
without_output() { btfx dump vmlinux.btf >&-; }
expect 2 without_output
same 'btfx: error: standard output: cannot write: Bad file descriptor' "$(<err)"
without_input() { btfx dump - <&-; }
expect 2 without_input
matches "$(<err)" 'Bad file descriptor$'
# Without standard error there is nobody to tell, and the status tells it all.
without_messages() { btfx dump nosuch 2>&-; }
expect 2 without_messages
same '' "$(<out)"
