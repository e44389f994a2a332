#!/usr/bin/env bash
# A standalone BTF becomes split BTF with the same types; split BTF is refused.
. "$(dirname "$0")/lib.sh"
demo=$DATA/out-of-tree/demo-split.ko

btfx merge -B "$new" "$demo" --minimal -o minimal.btf
btfx rebase -q minimal.btf -B "$new" -o split.btf
without_ids() { sed -E 's/^\[[0-9]+\]//; s/type_id=[0-9]+//g'; }
same_files <(btfx dump minimal.btf | without_ids) <(btfx dump split.btf -B "$new" | without_ids)
btfx dump split.btf -B "$new" | head -n 1 | has - '^\[112769\] '

# Its strings begin like a root's, but it continues a base.
same standalone "$(btfx list minimal.btf | awk 'NR == 2 { print $7 }')"
same split "$(btfx list split.btf | awk 'NR == 2 { print $7 }')"
expect 2 btfx dump split.btf
same "btfx: error: split.btf: is split BTF, and its base was not found: name it with -B" "$(<err)"
expect 2 btfx rebase split.btf -B "$new" -o no.btf
same "btfx: error: split.btf: is split BTF, not standalone" "$(<err)"

# Into a module: what stands beside the BTF is not renumbered, and that is said.
xz -dc "$DATA/modules/nf_nat.ko.xz" >nat.ko
btfx rebase -q minimal.btf -B "$new" --into nat.ko --strip-signature
btfx extract nat.ko | same_files split.btf -
expect 0 btfx rebase minimal.btf -B "$new" --sort --into nat.ko
same "btfx: warning: nat.ko: .BTF_ids: still has the numbers of the BTF that was there" "$(head -n 1 err)"

expect 2 btfx rebase "$demo" -B "$new" -o no.btf
has err 'is split BTF, not standalone'
assert ! -e no.btf
