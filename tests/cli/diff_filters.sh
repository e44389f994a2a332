#!/usr/bin/env bash
# Differences are restricted by kind, by change, by name and by severity; the exit status is about what is left.
set -eu
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
count() { # OPTIONS...
  local status=0 out
  out=$("$BTFX" diff "$old" "$new" --summary "$@") || status=$?
  out=$(sed -n '3s/ change.*//p' <<<"$out")
  echo "$status ${out:0:2}"
}
[[ $(count) == "1 44" ]]
[[ $(count --only struct) == "1 10" ]]
[[ $(count --only struct,enum --only typedef) == "1 13" ]]
[[ $(count --only removed) == "1 2" ]]
[[ $(count --only func,removed,added) == "1 16" ]]
[[ $(count --severity layout) == "1 7" ]]
[[ $(count --severity signature) == "1 26" ]]
[[ $(count --severity name-only) == "1 44" ]]
[[ $(count --name '*khugepaged*') == "1 12" ]]
[[ $(count --name device_type --name bus_type) == "1 2" ]]
[[ $(count --only struct --name nothing) == "0 " ]]

status=0
err=$("$BTFX" diff "$old" "$new" --only strct 2>&1) || status=$?
[[ $status == 2 && $err == "btfx: error: 'strct' is neither a kind of types nor of changes; did you mean 'struct'?"* ]]
status=0
err=$("$BTFX" diff "$old" "$new" extra 2>&1) || status=$?
[[ $status == 2 && $err == *"unexpected argument 'extra': modules to be judged follow --affects"* ]]
status=0
"$BTFX" -j diff "$old" "$new" --format html >/dev/null 2>&1 || status=$?
[[ $status == 2 ]]
