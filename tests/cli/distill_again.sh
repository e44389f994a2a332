#!/usr/bin/env bash
# What is distilled already is left as it is, and arrives where results go; with --force it is relocated and distilled
# anew, its .BTF_ids with it.
. "$(dirname "$0")/lib.sh"
need jq objcopy
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >plain.ko
btfx distill plain.ko -B "$old" --strip-signature -o done.ko -q
cp done.ko before.ko
note='is distilled already, and left as it is (--force with -B distills it again)'

expect 0 btfx distill done.ko -B "$old" --in-place
same "btfx: note: done.ko: .BTF.base: $note" "$(<err)"
same '0 of 1 module distilled, 1 was distilled before' "$(<out)"
same_files before.ko done.ko
btfx distill done.ko -o copy.ko -q 2>err # without a base, which is not needed
same '' "$(<err)"
same_files before.ko copy.ko
gzip -c done.ko >packed.ko.gz
btfx distill packed.ko.gz -o copy.ko -q # uncompressed
same_files before.ko copy.ko
btfx distill done.ko --output-dir side 2>err >/dev/null
for section in .BTF .BTF.base .BTF_ids; do
  btfx extract before.ko --section $section | same_files side/done.ko$section -
done
cp "$DATA/modules/dummy.ko.xz" .
btfx distill done.ko dummy.ko.xz -B "$old" 2>err | sed -n '2,4p' >table
same_files - table <<'END'
    30488     30488      1847        71       0 done.ko
      330       676       245         9      16 dummy.ko.xz
1 of 2 modules can be distilled, 1 is distilled already; nothing was written
END
btfx -j distill done.ko 2>/dev/null >json
same '[true,[],"distilled-already"]' "$(jq -c '.results[0] | [.already, .written, .findings[0].code]' json)"
same '[1,0,0,1,0]' "$(jq -c '.summary | [.modules, .errors, .refused, .already, .base_total]' json)"
# That a section is there is not enough.
objcopy --update-section .BTF.base=/dev/null done.ko broken.ko
expect 2 btfx distill broken.ko
has err '^btfx: error: broken.ko: .BTF.base: '

# Anew: onto the base it came from it becomes what it was, kfuncs and lists of ids included.
btfx distill done.ko -B "$old" --force -o again.ko -q
same_files before.ko again.ko
# Onto another, it is what distilling the module of that kernel's build would give, but for the order of types.
btfx distill done.ko -B "$new" --force --in-place -q >/dev/null
same_files <(btfx resolve-ids --list before.ko) <(btfx resolve-ids --list done.ko)
btfx relocate done.ko -B "$new" >out
matches "$(tail -n 1 out)" '^1 module: 1 relocates, 0 do not'
expect 2 btfx distill before.ko --force
same 'btfx: error: before.ko: .BTF.base: is distilled already: to distill it again, name the base with -B' "$(<err)"
xz -dc "$DATA/modules/extcon-core.ko.xz" >extcon.ko
btfx distill extcon.ko -B "$old" --in-place --strip-signature -q >/dev/null
cp extcon.ko before.ko
expect 2 btfx distill extcon.ko -B "$new" --in-place --force
same "btfx: error: extcon.ko: .BTF.base: does not relocate onto the given base: distilled base BTF type \
'device_type' [14] is not mapped to base BTF id" "$(<err)"
same_files before.ko extcon.ko
