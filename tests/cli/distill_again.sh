#!/usr/bin/env bash
# What is distilled already is left as it is, and arrives where results go; with --force it is relocated and distilled
# anew, its .BTF_ids with it.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >plain.ko
"$BTFX" distill plain.ko -B "$old" --strip-signature -o done.ko -q
cp done.ko before.ko
note='is distilled already, and left as it is (--force with -B distills it again)'

"$BTFX" distill done.ko -B "$old" --in-place >out 2>err
[[ $(<err) == "btfx: note: done.ko: .BTF.base: $note" && $(<out) == '0 of 1 module distilled, 1 was already' ]]
cmp done.ko before.ko
"$BTFX" distill done.ko -o copy.ko -q 2>err # without a base, which is not needed
[[ ! -s err ]]
cmp copy.ko before.ko
gzip -c done.ko >packed.ko.gz
"$BTFX" distill packed.ko.gz -o copy.ko -q # uncompressed
cmp copy.ko before.ko
"$BTFX" distill done.ko --output-dir side 2>err >/dev/null
for section in .BTF .BTF.base .BTF_ids; do
  "$BTFX" extract before.ko --section $section | cmp - side/done.ko$section
done
cp "$DATA/modules/dummy.ko.xz" .
"$BTFX" distill done.ko dummy.ko.xz -B "$old" 2>err | sed -n '2,4p' >out
diff out - <<'END'
    30488     30488      1847        71       0 done.ko
      330       676       245         9      16 dummy.ko.xz
1 of 2 modules can be distilled, 1 is already
END
"$BTFX" -j distill done.ko 2>/dev/null >json
jq -e '.results[0] | .already and .written == [] and .findings[0].code == "distilled-already"' json >/dev/null
[[ $(jq -c '.summary | [.modules, .errors, .refused, .already, .base_total]' json) == '[1,0,0,1,0]' ]]
# That a section is there is not enough.
objcopy --update-section .BTF.base=/dev/null done.ko broken.ko
status=0
"$BTFX" distill broken.ko >/dev/null 2>err || status=$?
[[ $status == 2 ]] && grep -q '^btfx: error: broken.ko: .BTF.base: ' err

# Anew: onto the base it came from it becomes what it was, kfuncs and lists of ids included.
"$BTFX" distill done.ko -B "$old" --force -o again.ko -q
cmp again.ko before.ko
# Onto another, it is what distilling the module of that kernel's build would give, but for the order of types.
"$BTFX" distill done.ko -B "$new" --force --in-place -q >/dev/null
"$BTFX" resolve-ids --list done.ko | diff - <("$BTFX" resolve-ids --list before.ko)
"$BTFX" relocate done.ko -B "$new" >out
[[ $(tail -n 1 out) == '1 module: 1 relocates, 0 do not'* ]]
status=0
"$BTFX" distill before.ko --force 2>err >/dev/null || status=$?
[[ $status == 2 ]]
[[ $(<err) == 'btfx: error: before.ko: .BTF.base: is distilled already: to distill it again, name the base with -B' ]]
xz -dc "$DATA/modules/extcon-core.ko.xz" >extcon.ko
"$BTFX" distill extcon.ko -B "$old" --in-place --strip-signature -q >/dev/null
cp extcon.ko before.ko
status=0
"$BTFX" distill extcon.ko -B "$new" --in-place --force 2>err >/dev/null || status=$?
[[ $status == 2 ]]
[[ $(<err) == "btfx: error: extcon.ko: .BTF.base: does not relocate onto the given base: distilled base BTF type \
'device_type' [14] is not mapped to base BTF id" ]]
cmp extcon.ko before.ko
