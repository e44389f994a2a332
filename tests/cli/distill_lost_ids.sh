#!/usr/bin/env bash
# An id in .BTF_ids whose type nothing else needs becomes 0 with a warning, as in the build of a kernel; --keep-ids keeps
# it. What never was a type's id is an error.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >base.btf
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >module.ko
btfx extract module.ko --section .BTF_ids -o ids
id_of() { btfx dump base.btf name "$1" kind "$2" | sed -n '/^\[/ { s/^\[\([0-9]*\)\].*/\1/p; q }'; }
word() { od -An -v -t u4 -w4 -j $((4 * $2)) -N 4 "$1" | tr -d ' '; }
put() { # ID: into the first word, which is that of `struct nf_conn`
  cp ids changed
  printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\0' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16)))" |
    dd of=changed conv=notrunc status=none
  cp module.ko changed.ko
  btfx resolve-ids --patch changed changed.ko 2>/dev/null || true # it says what is wrong with them
  btfx extract changed.ko --section .BTF_ids | same_files changed -
}

struct=$(id_of acct_v3 struct)
put "$struct"
btfx distill changed.ko -B base.btf --strip-signature -o out.ko 2>err
same "btfx: warning: changed.ko: .BTF_ids: word 0 (struct nf_conn of list btf_nf_conn_ids) becomes 0, because nothing in the \
module's BTF refers to STRUCT acct_v3 [$struct] of the base; --keep-ids keeps it" "$(head -n 1 err)"
btfx extract out.ko --section .BTF_ids -o out.ids
same 0 "$(word out.ids 0)"
same 70 "$(word out.ids 1)"
btfx distill changed.ko -B base.btf --strip-signature --keep-ids -o out.ko 2>err
has_not err becomes
btfx extract out.ko --section .BTF_ids -o out.ids
btfx dump out.ko root_id "$(word out.ids 0)" | has - "^\[$(word out.ids 0)\] STRUCT 'acct_v3' size=64 vlen=0"
# The same when the module is distilled in memory only.
btfx relocate changed.ko --from base.btf -B base.btf --output-dir relocated >out
has out -xF "  warning: word 0 (struct nf_conn of list btf_nf_conn_ids) becomes 0, because nothing in the module's BTF refers to \
STRUCT acct_v3 [$struct] of the base [id-lost]"
same 0 "$(word relocated/changed.ko.BTF_ids 0)"
same "$(word ids 1)" "$(word relocated/changed.ko.BTF_ids 1)"

# A function of the base has no place in a distilled base, so that --keep-ids is no help.
func=$(id_of vfs_read func)
put "$func"
for keep in "" --keep-ids; do
  btfx distill changed.ko -B base.btf --strip-signature $keep -o out.ko 2>err
  same "btfx: warning: changed.ko: .BTF_ids: word 0 (struct nf_conn of list btf_nf_conn_ids) becomes 0, because nothing in the \
module's BTF refers to FUNC vfs_read [$func] of the base" "$(head -n 1 err)"
done

put 16000000
expect 1 btfx distill changed.ko -B base.btf --strip-signature -o none.ko
assert ! -e none.ko
has err '^btfx: error: changed.ko: .BTF_ids: word 0 (struct nf_conn of list btf_nf_conn_ids) holds 16000000, but the last type is '
