#!/usr/bin/env bash
# label: threads
# A module loses the types that its base has, in place or beside it, and keeps everything else; a second time nothing.
. "$(dirname "$0")/lib.sh"
need objcopy jq readelf
xz -dc "$old" >base.btf
types() { btfx dump "$1" -B base.btf -j | jq '.types | length'; }

# Modules that repeat all of the base that they need: made self-contained, and put on the base again.
mkdir modules && for name in tun veth; do
  xz -dc "$DATA/modules/$name.ko.xz" >modules/$name.ko
  btfx dedup modules/$name.ko -B base.btf --output-dir expected >/dev/null
  btfx merge -B base.btf modules/$name.ko --minimal -o standalone.btf
  btfx rebase standalone.btf -B base.btf -o $name.btf
  objcopy --update-section .BTF=$name.btf modules/$name.ko 2>/dev/null
done
cp -r modules before

# The table, and the same without a destination.
btfx dedup modules -B base.btf --dry-run >table
btfx dedup modules -B base.btf --jobs 2 | same_files table -
has table -x '2 modules; nothing was written'
same '' "$(btfx dedup modules -B base.btf -q)"
same '    TYPES NEW-TYPES      .BTF  NEW-.BTF MODULE' "$(head -n 1 table)"
before=$(types tun.btf) after=$(types expected/tun.ko.BTF)
# The header of what merge and rebase wrote, and dedup keeps, is 8 bytes longer than the module's own.
grep -qE "^ +$before +$after +$(stat -c %s tun.btf) +$(($(stat -c %s expected/tun.ko.BTF) + 8)) modules/tun.ko$" table
((before > 20 * after))
diff -r before modules

# In place, compressed; what remains are the types of the module itself.
xz modules/veth.ko
disk=$(cat modules/* | wc -c)
btfx dedup modules -B base.btf --in-place >out
same '2 modules' "$(head -n 1 out)"
has out "^files, as they are on disk and in an initramfs: $disk -> $(cat modules/* | wc -c) bytes (-"
for name in tun veth; do
  btfx dump modules/$name.ko* -B base.btf | sed 's/^\[[0-9]*\]//' | sort >now
  btfx dump expected/$name.ko.BTF -B base.btf | sed 's/^\[[0-9]*\]//' | sort | sed 's/type_id=[0-9]*//g' >wanted
  sed 's/type_id=[0-9]*//g' now | diff - wanted
done
xz -t modules/veth.ko.xz

# A second time nothing is written, and the files are what they were.
cp -r modules again
btfx dedup again -B base.btf --in-place -v >out
same '2 modules, 2 with nothing to drop' "$(head -n 1 out)"
diff -r again modules

# Every other section keeps its bytes and its index, and the file becomes smaller.
sections() { readelf -SW "$1" | sed -n 's/^ *\[ *\([0-9]*\)\] \([^ ]*\) .*/\1 \2/p'; }
same_files <(sections before/tun.ko) <(sections modules/tun.ko)
same_files <(readelf -sW before/tun.ko) <(readelf -sW modules/tun.ko)
relocations() { readelf -rW "$1" | sed 's/ at offset 0x[0-9a-f]* / /'; }
same_files <(relocations before/tun.ko) <(relocations modules/tun.ko)
[[ $(stat -c %s modules/tun.ko) -lt $(stat -c %s before/tun.ko) ]] || fail 'the file is not smaller'

# Raw in, raw out; the bytes are those of --output-dir, and of the module in place.
btfx dedup tun.btf -B base.btf -o tun.dedup
btfx dedup before/tun.ko -B base.btf --output-dir sidecars >/dev/null
same_files tun.dedup sidecars/tun.ko.BTF
btfx extract modules/tun.ko | same_files tun.dedup -
btfx dedup - -B base.btf -o - <tun.btf | same_files tun.dedup -
btfx extract tun.btf -B base.btf --byte-order big -o tun-big.btf
btfx dedup tun-big.btf -B base.btf -o - | btfx extract - -B base.btf --byte-order little | same_files tun.dedup -

# Standalone BTF, in itself.
btfx dedup standalone.btf -o same.btf
same_files standalone.btf same.btf

# JSON has the figures of the table.
btfx dedup before/tun.ko -B base.btf -j >json
jq -e --argjson before "$before" --argjson after "$after" '.results[0] |
  .types_before == $before and .types_after == $after and .relation == "split" and .unchanged == false and
  .signed == false and .written == []' json >/dev/null
jq -e '.summary | .modules == 1 and .errors == 0 and .unchanged == 0' json >/dev/null

# check --bloat counts what goes.
btfx check --bloat -j modules before -B base.btf >json
jq -e --argjson gone "$((before - after))" --argjson bytes "$(($(stat -c %s tun.btf) - $(stat -c %s tun.dedup)))" \
  '(.results[] | select(.module == "before/tun.ko") | .checks[0].bloat) | .types == $gone and .bytes == $bytes' json >/dev/null
jq -e '.summary.bloat.modules == 2' json >/dev/null
btfx check --bloat before/tun.ko -B base.btf >/dev/null
expect 0 btfx check --bloat modules before -B base.btf
same 2 "$(wc -l <out)"
has out -x 'repeated: [0-9]* types, [0-9]* bytes in 2 of [0-9]* modules, which .btfx dedup. drops'
expect 0 btfx check --bloat modules before -B base.btf -v
has out '^    [0-9]* types, [0-9]* bytes in [12] modules: '
# A threshold makes it a failure, which is listed.
expect 1 btfx check --bloat-threshold 1000 before/tun.ko -B base.btf
has out '^bloat             before/tun.ko: [0-9]* of [0-9]* types are repeated and cost [0-9]* bytes, which .btfx dedup. drops; most of them: '
expect 1 btfx check --bloat-threshold 1000 modules before/tun.ko -B base.btf --failed
has out '^bloat             before/tun.ko: '
has_not out modules/
has out -x 'repeated: .* .btfx dedup. drops; 1 repeats 1000 bytes or more'
btfx check --bloat-threshold 1000 modules/tun.ko -B base.btf >/dev/null
