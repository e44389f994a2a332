#!/usr/bin/env bash
# The ids in .BTF_ids follow their types, to the distilled numbering and back to the kernel's.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
base=$DATA/vmlinux-6.12.115.btf.xz
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >module.ko
"$BTFX" distill module.ko -B "$base" --strip-signature -o distilled.ko 2>err
[[ $(<err) == "btfx: warning: module.ko: .BTF_ids: kernels do not relocate the 2 ids of list btf_nf_conn_ids when they \
load a module with a distilled base, unless it registers them as destructors" ]]

# The words that are ids: two of a list, then those of a set of pairs, after its count and flags.
words() { od -An -v -t u4 -w4 "$1" | awk '{ print $1 }'; }
ids() { words "$1" | awk 'NR < 3 || (NR > 4 && NR % 2)'; }
names() { # SOURCE, ids on standard input: kind and name of each
  local id
  while read -r id; do "$BTFX" dump "$@" root_id "$id" -q 2>/dev/null | sed -n "s/^\[$id\] \([A-Z]* '[^']*'\).*/\1/p"; done
}
"$BTFX" extract module.ko --section .BTF_ids -o old.ids
"$BTFX" extract distilled.ko --section .BTF_ids -o distilled.ids
[[ $(stat -c %s old.ids) == "$(stat -c %s distilled.ids)" ]]
diff <(words old.ids | awk 'NR == 3 || NR == 4 || (NR > 4 && !(NR % 2))') \
  <(words distilled.ids | awk 'NR == 3 || NR == 4 || (NR > 4 && !(NR % 2))')
diff <(ids old.ids | names module.ko -B "$base") <(ids distilled.ids | names distilled.ko)
ids old.ids | names module.ko -B "$base" | grep -qx "STRUCT 'nf_conn'"

"$BTFX" relocate distilled.ko -B "$base" --output-dir back >/dev/null
ids back/distilled.ko.BTF_ids | cmp - <(ids old.ids)
"$BTFX" relocate module.ko --from "$base" -B "$DATA/vmlinux-6.12.117.btf.xz" --output-dir new >/dev/null
diff <(ids new/module.ko.BTF_ids | names new/module.ko.BTF -B "$DATA/vmlinux-6.12.117.btf.xz") \
  <(ids old.ids | names module.ko -B "$base")
