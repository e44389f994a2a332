#!/usr/bin/env bash
# Differences are restricted by kind, by change, by name and by severity; the exit status is about what is left.
. "$(dirname "$0")/lib.sh"
changes() { # STATUS COUNT OPTIONS...
  expect "$1" btfx diff "$old" "$new" --summary "${@:3}"
  same "$2" "$(sed -n '3s/ change.*//p' out)" "${*:3}"
}
changes 1 44
changes 1 10 --only struct
changes 1 13 --only struct,enum --only typedef
changes 1 2 --only removed
changes 1 16 --only func,removed,added
changes 1 7 --severity layout
changes 1 26 --severity signature
changes 1 44 --severity name-only
changes 1 12 --name '*khugepaged*'
changes 1 2 --name device_type --name bus_type
changes 0 '' --only struct --name 'nothing*'
changes 1 '' --only struct --name nothing
has err -x "btfx: warning: nothing is called 'nothing' in either"
changes 0 '' --name task_struct --only removed
same '' "$(<err)"
changes 1 2 --name device_type,bus_type,task_strct
has err -x "btfx: warning: nothing is called 'task_strct' in either; did you mean 'task_struct'?"
changes 1 2 --name device_type,bus_type,task_struct.pid
has err -x "btfx: warning: 'task_struct.pid': members are followed by --history"
changes 1 '' --name schedule.isra.7
has err -x "btfx: warning: 'schedule' has no 'isra.7' in either"
btfx extract "$DATA/modules/tun.ko.xz" -o tun.btf
expect 0 btfx diff tun.btf tun.btf -B "$old" --name sk_buff
same '' "$(<err)"

expect 2 btfx diff "$old" "$new" --only strct
has err "^btfx: error: 'strct' is neither a kind of types nor of changes; did you mean 'struct'?"
expect 2 btfx diff "$old" "$new" extra
has err "unexpected argument 'extra': modules to be judged follow --affects"
expect 2 btfx -j diff "$old" "$new" --format html
