#!/usr/bin/env bash
# What dedup does not write: a signed module that would change, and one that was built against another base.
. "$(dirname "$0")/lib.sh"
need objcopy
xz -dc "$old" >base.btf

xz -dc "$DATA/modules/tun.ko.xz" >plain.ko
btfx merge -B base.btf plain.ko --minimal -o standalone.btf
btfx rebase standalone.btf -B base.btf -o split.btf
objcopy --update-section .BTF=split.btf plain.ko 2>/dev/null
# A signature as the kernel's build appends it: its bytes, then a record that ends with their length, then the mark.
{ cat plain.ko; printf 'sign'; printf '\0\0\2\0\0\0\0\0\0\0\0\4'; printf '~Module signature appended~\n'; } >signed.ko
cp signed.ko kept.ko
expect 2 btfx dedup signed.ko -B base.btf --in-place
same 'btfx: error: signed.ko: is signed, and any change makes the signature wrong: use --strip-signature, and sign it again' "$(<err)"
same_files kept.ko signed.ko
expect 0 btfx dedup signed.ko -B base.btf --dry-run
has out -x '1 is signed: to be changed, it needs --strip-signature'
expect 0 btfx dedup signed.ko -B base.btf --dry-run --strip-signature
lacks "$(<out)" 'is signed'
expect 0 btfx dedup signed.ko -B base.btf --in-place --strip-signature
lacks "$(tail -c 28 signed.ko | tr -d '\0')" '~Module signature appended~'
expect 0 btfx dedup plain.ko -B base.btf -o other.ko
same_files signed.ko other.ko

# What does not change needs no signature.
{ cat other.ko; printf 'sign'; printf '\0\0\2\0\0\0\0\0\0\0\0\4'; printf '~Module signature appended~\n'; } >signed.ko
cp signed.ko kept.ko
expect 0 btfx dedup signed.ko -B base.btf --in-place
same_files kept.ko signed.ko

expect 2 btfx dedup "$DATA/modules/tun.ko.xz" -B "$new"
has err -E 'error: .*/tun\.ko\.xz: \.BTF: .*(names begin inside a string|another base)'
expect 2 btfx dedup split.btf plain.ko -B base.btf -o one
contains "$(<err)" '-o takes the result of one module; use --output-dir'
expect 2 btfx dedup plain.ko -B base.btf -o one --in-place
expect 2 btfx dedup split.btf -B none
