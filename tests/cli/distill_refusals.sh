#!/usr/bin/env bash
# What distill refuses, and that nothing has been written then; one bad module does not stop the others.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
base=$DATA/vmlinux-6.12.115.btf.xz
cp "$DATA/modules/tun.ko.xz" . && xz -dk tun.ko.xz && cp "$DATA/modules/dummy.ko.xz" .
fails() { # STATUS MESSAGE ARGUMENT...
  local wanted=$1 message=$2 status=0
  shift 2
  "$BTFX" distill "$@" >out 2>err || status=$?
  [[ $status == "$wanted" ]] || { echo "$*: status $status, not $wanted" >&2; cat err >&2; exit 1; }
  grep -qF -- "$message" err || { echo "$*: no '$message' in:" >&2; cat err >&2; exit 1; }
}

fails 2 'tun.ko and tun.ko.xz would both write side/tun.ko.BTF; nothing was written' \
  tun.ko dummy.ko.xz tun.ko.xz -B "$base" --output-dir side
[[ ! -e side ]]
fails 2 '-o takes the result of one module; use --output-dir' tun.ko dummy.ko.xz -B "$base" -o out.ko
[[ ! -e out.ko ]]
fails 2 'results can go to one place only' tun.ko -B "$base" -o out.ko --in-place
fails 2 'MODULE is missing' -B "$base" --in-place

# Another kernel's base: numbers are in range, but names are not where names begin.
cp tun.ko before.ko
fails 2 'it may have been built against another base' tun.ko -B "$DATA/vmlinux-6.12.117.btf.xz" --in-place
cmp tun.ko before.ko

# What is no module, has no BTF, or is cut short, is told, and the rest is done.
echo text >text.ko
head -c 20000 tun.ko >cut.ko
fails 2 'text.ko: ' text.ko cut.ko missing.ko dummy.ko.xz -B "$base" --output-dir side
grep -q 'cut.ko: ' err && grep -q 'missing.ko: ' err
[[ -s side/dummy.ko.BTF.base && $(find side | wc -l) == 3 ]]
grep -qx '1 of 4 modules distilled' out
fails 2 'is standalone BTF, which needs no base' "$base" --dry-run

# What was refused is in no figure.
mkdir signed && xz -dc "$DATA/modules/dummy.ko.xz" >signed/dummy.ko && xz -dc "$DATA/modules/veth.ko.xz" >signed/veth.ko
fails 2 'signed/veth.ko: is signed' signed -B "$base" --in-place
[[ $(cat out) == '0 of 2 modules distilled' ]]
fails 2 'signed/veth.ko: is signed' -j signed -B "$base" --in-place
[[ $(jq -c '.summary | [.modules, .errors, .base_total, .btf_after, .kinds]' out) == '[2,2,0,0,{}]' ]]
fails 2 'text.ko: ' text.ko dummy.ko.xz -B "$base" --dry-run
grep -qx '1 of 2 modules can be distilled' out

# BTF of the other byte order than the file's, whatever is to be done with it.
if command -v objcopy >/dev/null; then
  "$BTFX" extract tun.ko -B "$base" --byte-order big -o big.btf
  objcopy --update-section .BTF=big.btf tun.ko mixed.ko
  fails 2 'mixed.ko: .BTF: BTF is big-endian in a little-endian file' mixed.ko -B "$base" --dry-run
  fails 2 'mixed.ko: .BTF: BTF is big-endian in a little-endian file' mixed.ko -B "$base" --in-place --strip-signature
fi
