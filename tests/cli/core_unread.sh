#!/usr/bin/env bash
# A kernel or module that cannot be read stops no other: it is told of in the text and in JSON, and the status is 2.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
object=$DATA/bpf/conntrack.bpf.o
good=$DATA/vmlinux-6.12.115.btf.xz
conntrack=$DATA/modules/nf_conntrack.ko.xz
run() { # ARGUMENT...: leaves out, errors; ends with status 2
  local status=0
  "$BTFX" core "$object" "$@" >out 2>errors || status=$?
  [[ $status == 2 ]]
}
run -B missing -B "$good" --modules "$conntrack"
[[ $(cat errors) == 'btfx: error: missing: cannot open: No such file or directory' ]]
grep -q '  insn 0  byte_off  nf_conntrack_l4proto.l4proto  0  same  nf_conntrack ' out
[[ $(tail -n 2 out) == "$object: loads on 1 of 1 kernel; 1 warning
kernel missing could not be read: nothing was resolved on it" ]]

run -j -B missing -B "$good" --modules "$conntrack"
grep -q '^{"results":\[{"kernel":"missing","error":"missing: cannot open: No such file or directory"},{"object":' out
grep -q '"kernels":1,"warnings":1,"errors":1}}$' out
run -j -B missing
grep -q '^{"results":\[{"kernel":"missing","error":"[^"]*"}\],"summary":{.*"relocations":2,"kernels":0,"warnings":0,"errors":1}}$' out
run -B missing
[[ $(cat out) == 'kernel missing could not be read: nothing was resolved on it' ]]

# Modules: one that is not there, one of another kernel, and one that is none.
run -B "$good" --modules missing.ko "$BTFX"
[[ $(cat errors) == "btfx: error: missing.ko: cannot open: No such file or directory
btfx: error: $BTFX: has no section .BTF" ]]
[[ $(tail -n 2 out) == "module missing.ko could not be used: nothing was looked for in it
module $BTFX could not be used: nothing was looked for in it" ]]
run -j -B "$good" --modules missing.ko
grep -q '^{"results":\[{"module":"missing.ko","error":"missing.ko: cannot open: No such file or directory"},' out
grep -q '"errors":1}}$' out
run -B "$DATA/vmlinux-6.12.117.btf.xz" --modules "$conntrack"
[[ $(tail -n 1 out) == "module $conntrack could not be used: nothing was looked for in it" ]]
run -B "$good" --modules missing.ko --minimal small
[[ ! -e small ]]

# A kernel that is given twice counts once.
"$BTFX" core "$object" -B "$good" -B "$good" --modules "$conntrack" | grep -q ': loads on 1 of 1 kernel; '

# Where modules make something ambiguous, a hint tells what helps.
[[ $("$BTFX" core "$object" -B "$good" --modules "$DATA/modules" | grep -c 'name those that are with --modules.$') == 1 ]]
# What is warned of is a failure with --strict.
"$BTFX" core "$object" -B "$good" --modules "$conntrack" >/dev/null
! "$BTFX" core "$object" -B "$good" --modules "$conntrack" --strict >/dev/null
