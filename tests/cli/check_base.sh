#!/usr/bin/env bash
# Without modules the base itself is checked, by the kernel's own words.
. "$(dirname "$0")/lib.sh"
same "ok                $old" "$(btfx check -B "$old")"
# An ENUM of 3 bytes.
printf '\237\353\1\0\30\0\0\0\0\0\0\0\14\0\0\0\14\0\0\0\3\0\0\0\1\0\0\0\0\0\0\6\3\0\0\0\0e\0' >odd.btf
expect 1 btfx check -B odd.btf
same "invalid           odd.btf: the kernel refuses it with EINVAL: [1] ENUM e size=3 vlen=0 Unexpected size" "$(<out)"
expect 2 btfx check
has err 'nothing to check'
