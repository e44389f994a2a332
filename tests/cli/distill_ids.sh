#!/usr/bin/env bash
# The ids in .BTF_ids follow their types, to the distilled numbering and back to the kernel's.
. "$(dirname "$0")/lib.sh"
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >module.ko
btfx distill module.ko -B "$old" --strip-signature -o distilled.ko 2>err
same "btfx: warning: module.ko: .BTF_ids: kernels do not relocate the 2 ids of list btf_nf_conn_ids when they load a module \
with a distilled base, unless it registers them as destructors" "$(<err)"

# The words that are ids: two of a list, then those of a set of pairs, after its count and flags.
words() { od -An -v -t u4 -w4 "$1" | awk '{ print $1 }'; }
ids() { words "$1" | awk 'NR < 3 || (NR > 4 && NR % 2)'; }
names() { # SOURCE, ids on standard input: kind and name of each
  local id
  while read -r id; do btfx dump "$@" root_id "$id" -q 2>/dev/null | sed -n "s/^\[$id\] \([A-Z]* '[^']*'\).*/\1/p"; done
}
btfx extract module.ko --section .BTF_ids -o old.ids
btfx extract distilled.ko --section .BTF_ids -o distilled.ids
same "$(stat -c %s old.ids)" "$(stat -c %s distilled.ids)"
others() { words "$1" | awk 'NR == 3 || NR == 4 || (NR > 4 && !(NR % 2))'; }
same_files <(others old.ids) <(others distilled.ids)
same_files <(ids old.ids | names module.ko -B "$old") <(ids distilled.ids | names distilled.ko)
ids old.ids | names module.ko -B "$old" | has - -x "STRUCT 'nf_conn'"

btfx relocate distilled.ko -B "$old" --output-dir back >/dev/null
same_files <(ids old.ids) <(ids back/distilled.ko.BTF_ids)
btfx relocate module.ko --from "$old" -B "$new" --output-dir new >/dev/null
same_files <(ids old.ids | names module.ko -B "$old") <(ids new/module.ko.BTF_ids | names new/module.ko.BTF -B "$new")
