#!/usr/bin/env bash
# `.BTF_ids` follows: every entry names the type it named, sets are sorted, flags stay with their functions.
. "$(dirname "$0")/lib.sh"
need objcopy jq
xz -dc "$old" >base.btf
for name in xfrm_interface nf_conntrack fou; do
  xz -dc "$DATA/modules/$name.ko.xz" >$name.ko
  btfx merge -B base.btf $name.ko --minimal -o standalone.btf
  btfx rebase standalone.btf -B base.btf -o split.btf
  objcopy --update-section .BTF=split.btf $name.ko 2>/dev/null
  btfx resolve-ids $name.ko -B base.btf --in-place --force 2>/dev/null
  btfx resolve-ids --list $name.ko -B base.btf -j >before.json

  btfx dedup $name.ko -B base.btf --in-place >/dev/null 2>err
  same '' "$(<err)"
  btfx resolve-ids --list $name.ko -B base.btf -j >after.json
  # But for the numbers, both lists say the same of every function and struct, flags included.
  plain='[.. | objects | select(has("name")) | del(.. | .id?, .word?, .type_id?, .offset?)] | sort'
  jq -S "$plain" before.json >before && jq -S "$plain" after.json >after
  same_files before after
  [[ $(jq length after) -gt 1 ]]
  btfx check $name.ko -B base.btf >/dev/null
done
