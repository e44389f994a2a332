#!/usr/bin/env bash
# The ids of a real module, as it was compiled: as the kernel's own tool of 6.12 fills them in, in place; and beside the
# file, as the one of 2026 does, with and without a distilled base. The digests are what these tools gave.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >shipped.ko
unhex() { # HEX...: as bytes
  local hex=$* i
  hex=${hex// /}
  for ((i = 0; i < ${#hex}; i += 2)); do printf '%b' "\\x${hex:i:2}"; done
}
digest() { sha256sum "$1" | cut -d' ' -f1; }

# As compiled: no ids and no counts, flags beside the symbols of their functions.
unhex 00000000 00000000 00000000 01000000 00000000 05000000 00000000 05000000 00000000 05000000 00000000 05000000 \
  00000000 07000000 00000000 02000000 00000000 10000000 00000000 10000000 00000000 10000000 00000000 10000000 >compiled
cp shipped.ko compiled.ko
chmod 640 compiled.ko
"$BTFX" resolve-ids --patch compiled compiled.ko 2>err
[[ $(<err) == "btfx: warning: compiled.ko: its signature is wrong now: sign it again, or drop it with --strip-signature" ]]
(($(cmp -l shipped.ko compiled.ko | wc -l) <= 96))

# In place: the module as it was shipped, signature and all.
cp -p compiled.ko module.ko
"$BTFX" resolve-ids --in-place --no-sort module.ko -B base.btf -q
cmp module.ko shipped.ko
[[ $(stat -c %a module.ko) == 640 ]]
# Compressed it stays compressed; the kernel's spelling of -B is understood.
xz -k compiled.ko
"$BTFX" resolve-ids --in-place --no-sort -b base.btf compiled.ko.xz -q
xz -dc compiled.ko.xz | cmp - shipped.ko

# A second time is refused, with the reason, and changes nothing.
status=0
"$BTFX" resolve-ids --in-place --no-sort module.ko -B base.btf 2>err || status=$?
[[ $status == 2 ]]
[[ $(<err) == "btfx: error: module.ko: .BTF_ids: offset 0x8: symbol __BTF_ID__set8__nf_ct_kfunc_set: the set has been \
resolved before: its 10 ids were sorted then, and their flags with them, while symbols still tell the places of \
compilation; resolving it again would give func bpf_xdp_ct_alloc the flags KF_TRUSTED_ARGS instead of its own, \
KF_ACQUIRE|KF_RET_NULL, which are those of bpf_ct_change_status; resolve the file as it was compiled, or use --force" ]]
cmp module.ko shipped.ko

# Beside the file.
"$BTFX" resolve-ids --btf_base base.btf compiled.ko
unhex 96770100 8f7d0100 0a000000 01000000 abb90100 10000000 acb90100 10000000 adb90100 07000000 afb90100 02000000 \
  b0b90100 10000000 b1b90100 10000000 b3b90100 05000000 b4b90100 05000000 b5b90100 05000000 b6b90100 05000000 |
  cmp - compiled.ko.BTF_ids
[[ $(digest compiled.ko.BTF) == 875c557e64c383c14838672371f17fefed0bb1cc5f9ba52b94bc446c012da3f4 ]]
[[ ! -e compiled.ko.BTF.base ]]
"$BTFX" resolve-ids --btf_base base.btf --distill_base compiled.ko -q
unhex 3d000000 46000000 0a000000 01000000 fb010000 10000000 fc010000 10000000 fd010000 07000000 ff010000 02000000 \
  00020000 10000000 01020000 10000000 03020000 05000000 04020000 05000000 05020000 05000000 06020000 05000000 |
  cmp - compiled.ko.BTF_ids
[[ $(digest compiled.ko.BTF) == d234478f60e562528ecc348616101451e330e3e893084e0562eae743f7c7e2da ]]
[[ $(digest compiled.ko.BTF.base) == c74dfe6bdf9812b66d0c7a7cdacf518509d97db06e2ef9575f8609363b4b22c2 ]]

# All of it in place is what the parts are beside the file.
cp compiled.ko whole.ko
"$BTFX" resolve-ids --in-place --distill-base whole.ko -B base.btf --strip-signature -q
for section in .BTF .BTF.base .BTF_ids; do "$BTFX" extract whole.ko --section $section | cmp - compiled.ko$section; done
"$BTFX" resolve-ids --list --fatal-warnings whole.ko | tail -n 1 | grep -qx '12 ids, 12 ok'
"$BTFX" check whole.ko -B base.btf >/dev/null

# The steps of a build: sections beside the file, the types put in, then the ids. The ids alone are those of other types,
# and that is said, whether the base is known or not.
cp compiled.ko steps.ko
"$BTFX" resolve-ids steps.ko -B base.btf -q
cp steps.ko alone.ko
"$BTFX" resolve-ids --patch steps.ko.BTF_ids alone.ko -B base.btf 2>err
grep -q '^btfx: warning: alone.ko: .BTF_ids: word 4 (of set nf_ct_kfunc_set) is type .* (and 9 more are wrong): these are not the ids of the .BTF in the file' err
cp steps.ko alone.ko
"$BTFX" resolve-ids --patch steps.ko.BTF_ids alone.ko -B none 2>err
grep -q '^btfx: warning: alone.ko: .BTF_ids: another .BTF stands beside them: these are not the ids of the .BTF in the file' err
objcopy --update-section .BTF=steps.ko.BTF steps.ko
"$BTFX" resolve-ids --patch steps.ko.BTF_ids steps.ko -B base.btf 2>err
[[ ! -s err ]]
"$BTFX" resolve-ids --list --fatal-warnings steps.ko -B base.btf >/dev/null
[[ $("$BTFX" check steps.ko -B base.btf) =~ ^'ok ' ]]

# Where the symbols are gone, nothing can tell which types the ids shall name: types keep their numbers, and no check
# calls such ids right.
strip --strip-all module.ko -o stripped.ko
cp stripped.ko same.ko
status=0
"$BTFX" resolve-ids stripped.ko -B base.btf --force --in-place 2>err || status=$?
[[ $status == 2 ]]
[[ $(<err) == "btfx: error: stripped.ko: .BTF_ids: no symbols tell which of its 24 words are ids, and those would be of \
other types once the types are sorted: use --no-sort" ]]
cmp stripped.ko same.ko
"$BTFX" check stripped.ko -B base.btf >out
grep -qx 'ok  *stripped.ko: its ids could not be judged: no symbols tell which of its 24 words are ids' out
