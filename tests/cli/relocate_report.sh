#!/usr/bin/env bash
# Why a module does not relocate can be read from the report alone.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
cp "$DATA"/modules/{extcon-core,tun,nf_conntrack}.ko.xz .

cat >wanted <<'END'
extcon-core.ko.xz: does not relocate: 1 of 17 base types does not fit
  error: STRUCT device_type: 48 bytes when the module was built, 56 bytes in the base, and member `extcon_dev_type` of struct extcon_dev holds it by value [member-size]
      since then: member `need_parent_lock` added at byte 48: bool
  the kernel would say: distilled base BTF type 'device_type' [14] is not mapped to base BTF id (-22)
nf_conntrack.ko.xz: relocates
  warning: kernels do not relocate the 2 ids of list btf_nf_conn_ids when they load a module with a distilled base, unless it registers them as destructors [ids-not-mapped]
3 modules: 2 relocate, 1 does not, 1 with warnings
END
status=0
"$BTFX" relocate extcon-core.ko.xz nf_conntrack.ko.xz tun.ko.xz --from "$old" -B "$new" >out 2>err || status=$?
[[ $status == 1 && ! -s err ]]
diff out wanted

# --strict does not help where it is right; -q leaves the warnings out; -v adds a line for each type.
status=0
"$BTFX" relocate extcon-core.ko.xz --from "$old" -B "$new" --strict >out || status=$?
[[ $status == 1 ]]
[[ $("$BTFX" relocate -q nf_conntrack.ko.xz --from "$old" -B "$new") == '1 module: 1 relocates, 0 do not, 1 with warnings' ]]
"$BTFX" relocate -v extcon-core.ko.xz --from "$old" -B "$new" >out || true
grep -qx '    14 STRUCT     48 missing         - -           -  device_type, member .extcon_dev_type. of struct extcon_dev' out
grep -qx ' *[0-9]* INT         4 mapped    *[0-9]* INT         4  int' out

# JSON says the same.
status=0
"$BTFX" -j relocate extcon-core.ko.xz tun.ko.xz --from "$old" -B "$new" >json || status=$?
[[ $status == 1 ]]
if command -v jq >/dev/null; then
  [[ $(jq -c '.summary' json) == '{"modules":2,"relocate":1,"refused":1,"warnings":0,"errors":0}' ]]
  [[ $(jq -c '.results[0] | [.module, .relocates, .kernel_relocates, .sound, .errno]' json) == \
    '["extcon-core.ko.xz",false,false,false,22]' ]]
  jq -c '.results[0].findings[] | select(.severity == "error") | [.code, .section, .type_id, .candidates, .changes]' \
    json >out
  grep -qx '\["member-size",".BTF.base",14,\[{"id":[0-9]*,"kind":"STRUCT","name":"device_type","size":56}\],'\
'\["member .need_parent_lock. added at byte 48: bool"\]\]' out
  [[ $(jq '.results[1].types | length' json) == 54 && $(jq '.results[1].relocates' json) == true ]]
fi

# A module that was never distilled needs its origin, and the right one.
status=0
"$BTFX" relocate tun.ko.xz -B "$new" >/dev/null 2>err || status=$?
[[ $status == 2 ]]
grep -qx 'btfx: error: tun.ko.xz: has no .BTF.base: name the base it was built against with --from' err
status=0
"$BTFX" relocate tun.ko.xz --from "$new" -B "$new" >/dev/null 2>err || status=$?
[[ $status == 2 ]]
grep -q 'it may have been built against another base$' err
status=0
"$BTFX" relocate tun.ko.xz --from "$old" >/dev/null 2>err || status=$?
[[ $status == 2 && $(<err) == 'btfx: error: needs the base to relocate onto: one -B'* ]]

# What does not relocate is not written, the rest is.
"$BTFX" relocate extcon-core.ko.xz tun.ko.xz --from "$old" -B "$new" --output-dir out.d >/dev/null || true
[[ $(ls out.d) == tun.ko.BTF ]]
