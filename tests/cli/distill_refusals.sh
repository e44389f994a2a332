#!/usr/bin/env bash
# What distill refuses, and that nothing has been written then; one bad module does not stop the others.
. "$(dirname "$0")/lib.sh"
need jq objcopy
cp "$DATA/modules/tun.ko.xz" . && xz -dk tun.ko.xz && cp "$DATA/modules/dummy.ko.xz" .
fails() { # MESSAGE ARGUMENT...
  expect 2 btfx distill "${@:2}"
  has err -F "$1"
}

fails 'tun.ko and tun.ko.xz would both write side/tun.ko.BTF; nothing was written' \
  tun.ko dummy.ko.xz tun.ko.xz -B "$old" --output-dir side
assert ! -e side
fails '-o takes the result of one module; use --output-dir' tun.ko dummy.ko.xz -B "$old" -o out.ko
assert ! -e out.ko
fails 'results can go to one place only' tun.ko -B "$old" -o out.ko --in-place
fails 'MODULE is missing' -B "$old" --in-place

# Another kernel's base: numbers are in range, but names are not where names begin.
cp tun.ko before.ko
fails 'it may have been built against another base' tun.ko -B "$new" --in-place
same_files before.ko tun.ko

# What is no module, has no BTF, or is cut short, is told, and the rest is done.
echo text >text.ko
head -c 20000 tun.ko >cut.ko
fails 'text.ko: ' text.ko cut.ko missing.ko dummy.ko.xz -B "$old" --output-dir side
has err 'cut.ko: '
has err 'missing.ko: '
assert -s side/dummy.ko.BTF.base
same 3 "$(find side | wc -l)"
has out -x '1 of 4 modules distilled'
fails 'is standalone BTF, which needs no base' "$old" --dry-run

# What was refused is in no figure.
mkdir signed && xz -dc "$DATA/modules/dummy.ko.xz" >signed/dummy.ko && xz -dc "$DATA/modules/veth.ko.xz" >signed/veth.ko
fails '1 more module, the same: is signed, and any change makes the signature wrong' signed -B "$old" --in-place
same '0 of 2 modules distilled' "$(<out)"
fails 'signed/dummy.ko: is signed' -j signed -B "$old" --in-place
same '[2,2,0,0,{}]' "$(jq -c '.summary | [.modules, .errors, .base_total, .btf_after, .kinds]' out)"
fails 'text.ko: ' text.ko dummy.ko.xz -B "$old" --dry-run
has out -x '1 of 2 modules can be distilled; nothing was written'

# BTF of the other byte order than the file's, whatever is to be done with it.
btfx extract tun.ko -B "$old" --byte-order big -o big.btf
objcopy --update-section .BTF=big.btf tun.ko mixed.ko
fails 'mixed.ko: .BTF: BTF is big-endian in a little-endian file' mixed.ko -B "$old" --dry-run
fails 'mixed.ko: .BTF: BTF is big-endian in a little-endian file' mixed.ko -B "$old" --in-place --strip-signature
