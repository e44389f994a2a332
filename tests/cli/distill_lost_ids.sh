#!/usr/bin/env bash
# An id in .BTF_ids whose type nothing else needs becomes 0 with a warning, as in the build of a kernel; --keep-ids keeps
# it. What never was a type's id is an error.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >module.ko
"$BTFX" extract module.ko --section .BTF_ids -o ids
id_of() { "$BTFX" dump base.btf name "$1" kind "$2" | sed -n 's/^\[\([0-9]*\)\].*/\1/p' | head -n 1; }
word() { od -An -v -t u4 -w4 -j $((4 * $2)) -N 4 "$1" | tr -d ' '; }
put() { # ID: into the first word, which is that of `struct nf_conn`
  cp ids changed
  printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\0' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16)))" |
    dd of=changed conv=notrunc status=none
  cp module.ko changed.ko
  "$BTFX" resolve-ids --patch changed changed.ko 2>/dev/null || true # it says what is wrong with them
  "$BTFX" extract changed.ko --section .BTF_ids | cmp - changed
}

struct=$(id_of acct_v3 struct)
put "$struct"
"$BTFX" distill changed.ko -B base.btf --strip-signature -o out.ko 2>err
[[ $(head -n 1 err) == "btfx: warning: changed.ko: .BTF_ids: word 0 (struct nf_conn of list btf_nf_conn_ids) becomes \
0, because nothing in the module's BTF refers to STRUCT acct_v3 [$struct] of the base; --keep-ids keeps it" ]]
"$BTFX" extract out.ko --section .BTF_ids -o out.ids
[[ $(word out.ids 0) == 0 && $(word out.ids 1) == 70 ]]
"$BTFX" distill changed.ko -B base.btf --strip-signature --keep-ids -o out.ko 2>err
if grep -q becomes err; then exit 1; fi
"$BTFX" extract out.ko --section .BTF_ids -o out.ids
"$BTFX" dump out.ko root_id "$(word out.ids 0)" | grep -q "^\[$(word out.ids 0)\] STRUCT 'acct_v3' size=64 vlen=0"
# The same when the module is distilled in memory only.
"$BTFX" relocate changed.ko --from base.btf -B base.btf --output-dir relocated >out
grep -qx "  warning: word 0 (struct nf_conn of list btf_nf_conn_ids) becomes 0, because nothing in the module's BTF refers \
to STRUCT acct_v3 \[$struct\] of the base \[id-lost\]" out
[[ $(word relocated/changed.ko.BTF_ids 0) == 0 && $(word relocated/changed.ko.BTF_ids 1) == $(word ids 1) ]]

# A function of the base has no place in a distilled base, so that --keep-ids is no help.
func=$(id_of vfs_read func)
put "$func"
for keep in "" --keep-ids; do
  "$BTFX" distill changed.ko -B base.btf --strip-signature $keep -o out.ko 2>err
  [[ $(head -n 1 err) == "btfx: warning: changed.ko: .BTF_ids: word 0 (struct nf_conn of list btf_nf_conn_ids) becomes \
0, because nothing in the module's BTF refers to FUNC vfs_read [$func] of the base" ]]
done

put 16000000
status=0
"$BTFX" distill changed.ko -B base.btf --strip-signature -o none.ko 2>err || status=$?
[[ $status == 1 && ! -e none.ko ]]
grep -q '^btfx: error: changed.ko: .BTF_ids: word 0 (struct nf_conn of list btf_nf_conn_ids) holds 16000000, but the last type is ' err
