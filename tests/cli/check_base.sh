#!/usr/bin/env bash
# Without modules the base itself is checked, by the kernel's own words.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
[[ $("$BTFX" check -B "$DATA/vmlinux-6.12.115.btf.xz") == "ok                $DATA/vmlinux-6.12.115.btf.xz" ]]
# An ENUM of 3 bytes.
printf '\237\353\1\0\30\0\0\0\0\0\0\0\14\0\0\0\14\0\0\0\3\0\0\0\1\0\0\0\0\0\0\6\3\0\0\0\0e\0' >"$work/odd.btf"
status=0
answer=$("$BTFX" check -B "$work/odd.btf") || status=$?
[[ $status == 1 ]]
[[ $answer == "invalid           $work/odd.btf: the kernel refuses it with EINVAL: [1] ENUM e size=3 vlen=0 Unexpected size" ]]
status=0
"$BTFX" check 2>"$work/usage" || status=$?
[[ $status == 2 ]]
grep -q 'nothing to check' "$work/usage"
