#!/usr/bin/env bash
# Why a module does not relocate can be read from the report alone.
. "$(dirname "$0")/lib.sh"
need jq
cp "$DATA"/modules/{extcon-core,tun,nf_conntrack}.ko.xz .

cat >wanted <<'END'
extcon-core.ko.xz: does not relocate: 1 of 17 base types does not fit
  error: STRUCT device_type: 48 bytes when the module was built, 56 bytes in the base, and member `extcon_dev_type` of struct extcon_dev holds it by value [member-size]
      since then: member `need_parent_lock` added at byte 48: bool
  the kernel would say: distilled base BTF type 'device_type' [14] is not mapped to base BTF id (-22)
nf_conntrack.ko.xz: relocates
  warning: kernels do not relocate the 2 ids of list btf_nf_conn_ids when they load a module with a distilled base, unless it registers them as destructors [ids-not-mapped]
3 modules: 2 relocate, 1 does not, 1 with warnings; nothing was written
END
expect 1 btfx relocate extcon-core.ko.xz nf_conntrack.ko.xz tun.ko.xz --from "$old" -B "$new"
same '' "$(<err)"
same_files wanted out

# --strict does not help where it is right; -q leaves only the status; -v adds a line for each type.
expect 1 btfx relocate extcon-core.ko.xz --from "$old" -B "$new" --strict
expect 0 btfx relocate -q nf_conntrack.ko.xz --from "$old" -B "$new"
same '' "$(<out)$(<err)"
expect 1 btfx relocate -v extcon-core.ko.xz --from "$old" -B "$new"
has out -x '    14 STRUCT     48 missing         - -           -  device_type, member .extcon_dev_type. of struct extcon_dev'
has out -x ' *[0-9]* INT         4 mapped    *[0-9]* INT         4  int'

# JSON says the same.
expect 1 btfx -j relocate extcon-core.ko.xz tun.ko.xz --from "$old" -B "$new"
mv out json
same '{"modules":2,"relocate":1,"refused":1,"warnings":0,"errors":0}' "$(jq -c '.summary' json)"
same '["extcon-core.ko.xz",false,false,false,22]' \
  "$(jq -c '.results[0] | [.module, .relocates, .kernel_relocates, .sound, .errno]' json)"
jq -c '.results[0].findings[] | select(.severity == "error") | [.code, .section, .type_id, .candidates, .changes]' json >out
has out -x '\["member-size",".BTF.base",14,\[{"id":[0-9]*,"kind":"STRUCT","name":"device_type","size":56}\],'\
'\["member .need_parent_lock. added at byte 48: bool"\]\]'
same 54 "$(jq '.results[1].types | length' json)"
same true "$(jq '.results[1].relocates' json)"

# A module that was never distilled needs its origin, and the right one.
expect 2 btfx relocate tun.ko.xz -B "$new"
has err -x 'btfx: error: tun.ko.xz: has no .BTF.base: name the base it was built against with --from'
has out -x '1 module: 0 relocate, 0 do not, 1 without .BTF.base needs --from; nothing was written'
expect 2 btfx relocate tun.ko.xz nf_conntrack.ko.xz missing.ko -B "$new" # which all lack, and is said once
same 'btfx: error: tun.ko.xz: has no .BTF.base: name the base it was built against with --from
btfx: error: missing.ko: cannot open: No such file or directory
btfx: error: 1 more module, the same: has no .BTF.base: name the base it was built against with --from (-v names them)' "$(<err)"
expect 2 btfx relocate tun.ko.xz nf_conntrack.ko.xz missing.ko -B "$new" -v
same 2 "$(grep -c 'has no .BTF.base' err)"
has out -x '3 modules: 0 relocate, 0 do not, 2 without .BTF.base need --from, 1 could not be read; nothing was written'
expect 2 btfx relocate tun.ko.xz nf_conntrack.ko.xz -B "$new" -j
same '["no-base","no-base"]' "$(jq -c '[.results[].error.code]' out)"
expect 2 btfx relocate tun.ko.xz --from "$new" -B "$new"
has err 'it may have been built against another base$'
expect 2 btfx relocate tun.ko.xz --from "$old"
matches "$(<err)" '^btfx: error: needs the base to relocate onto: one -B'

# What does not relocate is not written, the rest is.
expect 1 btfx relocate extcon-core.ko.xz tun.ko.xz --from "$old" -B "$new" --output-dir out.d
same tun.ko.BTF "$(ls out.d)"
