#!/usr/bin/env bash
# A distilled module with -B is shown relocated, without -B as it is; a .BTF.base of its own comes before any search.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >old.btf
xz -dc "$DATA/vmlinux-6.12.117.btf.xz" >new.btf
demo=$DATA/out-of-tree

# Relocated onto the base it was built against, its types are those of the module that was never distilled.
"$BTFX" dump "$demo/demo-split.ko" -B new.btf format raw >split.txt
"$BTFX" dump "$demo/demo-distilled.ko" -B new.btf format raw >distilled.txt
head -n "$(wc -l <split.txt)" distilled.txt | grep -v type_id | diff - <(grep -v type_id split.txt)
# On another kernel the same types have other numbers; relocate writes what dump shows.
"$BTFX" relocate "$demo/demo-distilled.ko" -B old.btf -o onto-old.btf >/dev/null
cmp <("$BTFX" dump "$demo/demo-distilled.ko" -B old.btf) <("$BTFX" dump onto-old.btf -B old.btf)
[[ $("$BTFX" dump "$demo/demo-distilled.ko" -B old.btf | head -c 8) == '[112749]' ]]
# Without -B ids continue the 13 types of .BTF.base.
[[ $("$BTFX" dump "$demo/demo-distilled.ko" | head -c 4) == '[14]' ]]

# What cannot be relocated is an error with the kernel's words.
"$BTFX" distill "$DATA/modules/extcon-core.ko.xz" -B old.btf --strip-signature -o extcon.ko
"$BTFX" dump extcon.ko -B old.btf >/dev/null
status=0
"$BTFX" dump extcon.ko -B new.btf 2>err || status=$?
[[ $status == 2 ]]
[[ $(<err) == *"extcon.ko: "*"does not relocate onto the given base: distilled base BTF type 'device_type' [14] is not \
mapped to base BTF id" ]]
