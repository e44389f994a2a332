#!/usr/bin/env bash
# What is not a BPF object, has no relocations, or lies about them is told each in its own words; the others go on.
. "$(dirname "$0")/lib.sh"
object=$DATA/bpf/conntrack.bpf.o

refused() { # FILE MESSAGE
  expect 2 btfx core "$1" "$object" -B "$old"
  same "btfx: error: $1: $2" "$(<err)"
  has out '^kprobe/one, program protocol$'
  has out "could not be read$"
  has out "^$1: could not be read$"
  has out '^1 of 2 objects could not be read$'
}
refused missing 'cannot open: No such file or directory'
refused "$DATA/modules/tun.ko.xz" 'is not a BPF object: it is an ELF file for x86-64'
refused "$old" 'is not a BPF object: it is not an ELF file'

# .BTF.ext: its magic is followed by the only header of 32 bytes with version 1.
at=$(LC_ALL=C grep -aobP '\x9f\xeb\x01\x00\x20\x00\x00\x00' "$object" | tail -n 1 | cut -d: -f1)
spoil() { # OFFSET BYTES
  cp "$object" bad.bpf.o
  printf '%b' "$2" | dd of=bad.bpf.o bs=1 seek=$((at + $1)) conv=notrunc status=none
}
spoil 2 '\x07'
refused bad.bpf.o '.BTF.ext: offset 0x2: version 7 is not known'
spoil 28 '\xff\xff\xff\x7f'
refused bad.bpf.o \
  '.BTF.ext: offset 0x18: core_relo ends at 2147483751 after the header, but only 156 bytes are there'

# No relocations: a clear answer, and no failure.
cp "$object" none.bpf.o
printf '\x00' | dd of=none.bpf.o bs=1 seek=$((at + 28)) conv=notrunc status=none
btfx core none.bpf.o -B "$old" >none
has none '^none.bpf.o: loads on 1 of 1 kernel; '
has none '^  has no CO-RE relocations$'

expect 2 btfx core "$object" --modules "$DATA/modules"
has err '--modules needs the kernel that they belong to: name it with -B'

# All that follows --modules is a module, and -j and --format agree.
usage() { # MESSAGE ARGUMENT...
  expect 2 btfx core "${@:2}"
  same '' "$(<out)"
  has err -F "btfx: error: $1"
}
usage 'OBJECT is missing; --modules takes all arguments up to the next option, so give OBJECT before it (see' \
  --modules a.ko "$object" -B "$old"
usage 'OBJECT is missing (see' -B "$old"
usage '--json and another --format contradict each other' "$object" -B "$old" -j --format html
usage '--json and another --format contradict each other' "$object" -B "$old" --format text -p
expect 2 btfx check "$DATA/modules/tun.ko.xz" -B "$old" -j --format html # as all commands with such options
same '' "$(<out)"
usage 'an HTML page has a column for each kernel: name some with -B' "$object" --report page

btfx core "$object" -B "$object" 2>&1 >/dev/null | has - -xF \
  "btfx: warning: $object: is a BPF object: its types are those of a program, not of a kernel"
