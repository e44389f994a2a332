#!/usr/bin/env bash
# A kernel or module that cannot be read stops no other: it is told of in the text and in JSON, and the status is 2.
. "$(dirname "$0")/lib.sh"
object=$DATA/bpf/conntrack.bpf.o
conntrack=$DATA/modules/nf_conntrack.ko.xz
run() { expect 2 btfx core "$object" "$@"; } # ARGUMENT...
run -B missing -B "$old" --modules "$conntrack"
same 'btfx: error: missing: cannot open: No such file or directory' "$(<err)"
has out '  insn 0  byte_off  nf_conntrack_l4proto.l4proto  0  same  nf_conntrack '
same "$object: loads on 1 of 1 kernel; whether 2 programs can be attached is unknown; 1 warning
kernel missing could not be read: nothing was resolved on it" "$(head -n 2 out)"

run -j -B missing -B "$old" --modules "$conntrack"
has out '^{"results":\[{"kernel":"missing","error":{"code":"io","severity":"error","text":"cannot open: No such file or directory","file":"missing"}},{"object":'
has out '"kernels":1,"warnings":1,"errors":1}}$'
run -j -B missing
has out '^{"results":\[{"kernel":"missing","error":{[^}]*}}\],"summary":{.*"relocations":2,"kernels":0,"warnings":0,"errors":1}}$'
run -B missing
same 'kernel missing could not be read: nothing was resolved on it' "$(<out)"

# Modules: one that is not there, one of another kernel, and one that is none.
run -B "$old" --modules missing.ko "$btfx_itself"
same "btfx: error: missing.ko: cannot open: No such file or directory
btfx: error: $btfx_itself: has no section .BTF" "$(<err)"
same "module missing.ko could not be used: nothing was looked for in it
module $btfx_itself could not be used: nothing was looked for in it" "$(sed -n 2,3p out)"
run -j -B "$old" --modules missing.ko
has out '^{"results":\[{"module":"missing.ko","error":{"code":"io","severity":"error","text":"cannot open: No such file or directory","file":"missing.ko"}},'
has out '"errors":1}}$'
run -B "$new" --modules "$conntrack"
same "module $conntrack could not be used: nothing was looked for in it" "$(sed -n 2p out)"
run -B "$old" --modules missing.ko --minimal small
assert ! -e small

# A kernel that is given twice counts once.
btfx core "$object" -B "$old" -B "$old" --modules "$conntrack" | has - ': loads on 1 of 1 kernel; '

# Where modules make something ambiguous, a hint tells what helps.
expect 1 btfx core "$object" -B "$old" --modules "$DATA/modules"
same 1 "$(count out 'name those that are with --modules.$')"
# What is warned of is a failure with --strict.
btfx core "$object" -B "$old" --modules "$conntrack" >/dev/null
expect 1 btfx core "$object" -B "$old" --modules "$conntrack" --strict
