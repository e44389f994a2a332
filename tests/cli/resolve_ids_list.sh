#!/usr/bin/env bash
# What resolve-ids lists of a real module: flags by name and prototypes; and what is wrong on another kernel's types.
. "$(dirname "$0")/lib.sh"
xz -dc "$DATA/modules/nf_nat.ko.xz" >nf_nat.ko
btfx resolve-ids --list nf_nat.ko -B "$old" >out
same_files - out <<'END'
set8 nf_nat_kfunc_set at 0x0: 1 id, kfuncs
  0x00008  112947 ok         __BTF_ID__func__bpf_ct_set_nat_info__99361 KF_TRUSTED_ARGS int bpf_ct_set_nat_info(struct nf_conn___init *nfct, union nf_inet_addr *addr, int port, enum nf_nat_manip_type manip)
1 id, 1 ok
END

# As if it had been resolved for another build: an id of another type, and one past all of them.
btfx extract nf_nat.ko --section .BTF_ids -o ids
change() { # BYTES OFFSET
  cp ids other
  printf '%b' "$1" | dd of=other bs=1 seek="$2" conv=notrunc status=none
  btfx resolve-ids --patch other nf_nat.ko -q
}
row() { btfx resolve-ids --list nf_nat.ko -B "$old" | sed -n 2p; }
change '\x01\x00\x00\x00' 8
matches "$(row)" '^  0x00008       1 stale      - KF_TRUSTED_ARGS '
change '\xff\xff\xff\x00' 8
same "  0x00008 16777215 outside    - KF_TRUSTED_ARGS -" "$(row)"
expect 1 btfx resolve-ids --list --fatal-warnings nf_nat.ko -B "$old"

# A file that has no such section is not one that was stripped.
xz -dc "$DATA/modules/tun.ko.xz" >tun.ko
expect 2 btfx resolve-ids --list tun.ko -B "$old"
same 'btfx: error: tun.ko: has no section .BTF_ids' "$(<err)"
