#!/usr/bin/env bash
# A distilled module with -B is shown relocated, without -B as it is; a .BTF.base of its own comes before any search.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >old.btf
xz -dc "$new" >new.btf
demo=$DATA/out-of-tree

# Relocated onto the base it was built against, its types are those of the module that was never distilled.
btfx dump "$demo/demo-split.ko" -B new.btf format raw >split.txt
btfx dump "$demo/demo-distilled.ko" -B new.btf format raw >distilled.txt
same_files <(grep -v type_id split.txt) <(head -n "$(wc -l <split.txt)" distilled.txt | grep -v type_id)
# On another kernel the same types have other numbers; relocate writes what dump shows.
btfx relocate "$demo/demo-distilled.ko" -B old.btf -o onto-old.btf >/dev/null
same_files <(btfx dump "$demo/demo-distilled.ko" -B old.btf) <(btfx dump onto-old.btf -B old.btf)
same '[112749]' "$(btfx dump "$demo/demo-distilled.ko" -B old.btf | head -c 8)"
# Without -B ids continue the 13 types of .BTF.base.
same '[14]' "$(btfx dump "$demo/demo-distilled.ko" | head -c 4)"

# What cannot be relocated is an error with the kernel's words.
btfx distill "$DATA/modules/extcon-core.ko.xz" -B old.btf --strip-signature -o extcon.ko
btfx dump extcon.ko -B old.btf >/dev/null
expect 2 btfx dump extcon.ko -B new.btf
matches "$(<err)" "extcon\.ko: .*does not relocate onto the given base: distilled base BTF type 'device_type' \[14\] is not \
mapped to base BTF id$"
