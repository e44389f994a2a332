#!/usr/bin/env bash
# BTF with wrong numbers is malformed, not split: it is told of, the others are listed, and `dump` says the same.
. "$(dirname "$0")/lib.sh"
need objcopy
cp "$DATA/out-of-tree/demo-distilled.ko" .

little() { # NUMBER...: 32-bit words
  local number
  for number; do
    printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((number & 255)) $((number >> 8 & 255)) $((number >> 16 & 255)) $((number >> 24)))"
  done
}
btf() { # WORD...: of the types; the strings are "", "int" and "f"
  little 0x0001eb9f 24 0 $(($# * 4)) $(($# * 4)) 7 "$@"
  printf '\0int\0f\0'
}
int=(0x01000000 4 0x01000020)
pointer=0x02000000 function=0x0c000000
refused() { # MESSAGE: about bad.btf
  expect 2 btfx list bad.btf demo-distilled.ko
  same "btfx: error: bad.btf: $1" "$(<err)"
  same 'distilled demo-distilled.ko' "$(awk 'NR > 1 { print $7, $13 }' out)"
  expect 2 btfx dump bad.btf
  same '' "$(<out)"
  same "btfx: error: bad.btf: $1; if it continues a base, name that with -B" "$(<err)"
}
btf 1 "${int[@]}" 5 $function 1 >bad.btf
refused 'offset 0x30: type 2: FUNC refers to type 1, which is a INT, not a FUNC_PROTO'
btf 1 "${int[@]}" 0 $pointer 999 >bad.btf
refused 'offset 0x30: type 2: refers to type 999, but the last type is 2'
btf 5000 "${int[@]}" 0 $pointer 1 >bad.btf
refused 'offset 0x18: type 1: string offset 5000 is out of range (strings end at 7)'

# A distilled module has its base with it.
btf 0 $pointer 9999 >bad.btf
objcopy --update-section .BTF=bad.btf demo-distilled.ko bad.ko
expect 2 btfx list bad.ko
same '' "$(<out)" # no heads above nothing
has err -Ex 'btfx: error: bad.ko: .BTF: offset 0x20: type [0-9]+: refers to type 9999, but the last type is [0-9]+'

# All of it behind a base of 4999 bytes of strings and 998 types.
btf 5000 "${int[@]}" 5004 "${int[@]}" 0 $pointer 999 >moved.btf
btfx list moved.btf >out
same '3 split' "$(awk 'NR == 2 { print $1, $7 }' out)"
