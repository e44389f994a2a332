#!/usr/bin/env bash
# What is no BPF object, has no relocations, or lies about them is told each in its own words; the others go on.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
base=$DATA/vmlinux-6.12.115.btf.xz
object=$DATA/bpf/conntrack.bpf.o

refused() { # FILE MESSAGE
  local status=0
  "$BTFX" core "$1" "$object" -B "$base" >"$work/out" 2>"$work/errors" || status=$?
  [[ $status == 2 ]]
  [[ $(cat "$work/errors") == "btfx: error: $1: $2" ]] || { cat "$work/errors"; return 1; }
  grep -q '^kprobe/one, program protocol$' "$work/out"
  [[ $(head -n 1 "$work/out") == "$1: could not be read" ]]
  [[ $(tail -n 1 "$work/out") == '1 of 2 objects could not be read' ]]
}
refused "$work/missing" 'cannot open: No such file or directory'
refused "$DATA/modules/tun.ko.xz" 'is no BPF object: it is an ELF file for x86-64'
refused "$base" 'is no BPF object: it is no ELF file'

# .BTF.ext: its magic is followed by the only header of 32 bytes with version 1.
at=$(LC_ALL=C grep -aobP '\x9f\xeb\x01\x00\x20\x00\x00\x00' "$object" | tail -n 1 | cut -d: -f1)
spoil() { # OFFSET BYTES
  cp "$object" "$work/bad.bpf.o"
  printf '%b' "$2" | dd of="$work/bad.bpf.o" bs=1 seek=$((at + $1)) conv=notrunc status=none
}
spoil 2 '\x07'
refused "$work/bad.bpf.o" '.BTF.ext: offset 0x2: version 7 is not known'
spoil 28 '\xff\xff\xff\x7f'
refused "$work/bad.bpf.o" \
  '.BTF.ext: offset 0x18: core_relo ends at 2147483751 after the header, but only 156 bytes are there'

# No relocations: a clear answer, and no failure.
cp "$object" "$work/none.bpf.o"
printf '\x00' | dd of="$work/none.bpf.o" bs=1 seek=$((at + 28)) conv=notrunc status=none
[[ $("$BTFX" core "$work/none.bpf.o" -B "$base") == "$work/none.bpf.o: has no CO-RE relocations

$work/none.bpf.o: loads on 1 of 1 kernel" ]]

status=0
"$BTFX" core "$object" --modules "$DATA/modules" 2>"$work/errors" || status=$?
[[ $status == 2 ]]
grep -q -- '--modules needs the kernel that they belong to: name it with -B' "$work/errors"

# All that follows --modules is a module, and -j and --format agree.
usage() { # MESSAGE ARGUMENT...
  local status=0
  "$BTFX" core "${@:2}" >"$work/out" 2>"$work/errors" || status=$?
  [[ $status == 2 && ! -s $work/out ]]
  grep -qF -- "btfx: error: $1" "$work/errors" || { cat "$work/errors"; return 1; }
}
usage 'OBJECT is missing: --modules takes all arguments up to the next option, so name it before (see' \
  --modules a.ko "$object" -B "$base"
usage 'OBJECT is missing (see' -B "$base"
usage '--json and another --format contradict each other' "$object" -B "$base" -j --format html
usage '--json and another --format contradict each other' "$object" -B "$base" --format text -p
status=0
"$BTFX" check "$DATA/modules/tun.ko.xz" -B "$base" -j --format html >"$work/out" 2>"$work/errors" || status=$?
[[ $status == 2 && ! -s $work/out ]]  # as all commands with such options
usage 'an HTML page has a column for each kernel: name some with -B' "$object" --report "$work/page"

"$BTFX" core "$object" -B "$object" 2>&1 >/dev/null | grep -qxF \
  "btfx: warning: $object: is a BPF object: its types are those of a program, not of a kernel"
