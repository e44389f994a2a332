#!/usr/bin/env bash
# The ids of a real module, as it was compiled: as the kernel's own tool of 6.12 fills them in, in place; and beside the
# file, as the one of 2026 does, with and without a distilled base. The digests are what these tools gave.
. "$(dirname "$0")/lib.sh"
need objcopy strip
xz -dc "$old" >base.btf
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
btfx resolve-ids --patch compiled compiled.ko 2>err
same "btfx: warning: compiled.ko: its signature is wrong now: sign it again, or drop it with --strip-signature" "$(<err)"
expect 1 cmp -l shipped.ko compiled.ko
assert "$(wc -l <out)" -le 96

# In place: the module as it was shipped, signature and all.
cp -p compiled.ko module.ko
btfx resolve-ids --in-place --no-sort module.ko -B base.btf -q
same_files shipped.ko module.ko
same 640 "$(stat -c %a module.ko)"
# Compressed it stays compressed; the kernel's spelling of -B is understood.
xz -k compiled.ko
btfx resolve-ids --in-place --no-sort -b base.btf compiled.ko.xz -q
xz -dc compiled.ko.xz | same_files shipped.ko -

# A second time is refused, with the reason, and changes nothing.
expect 2 btfx resolve-ids --in-place --no-sort module.ko -B base.btf
same "btfx: error: module.ko: .BTF_ids: offset 0x8: symbol __BTF_ID__set8__nf_ct_kfunc_set: the set has been \
resolved before: its 10 ids were sorted then, and their flags with them, while symbols still tell the places of \
compilation; resolving it again would give func bpf_xdp_ct_alloc the flags KF_TRUSTED_ARGS instead of its own, \
KF_ACQUIRE|KF_RET_NULL, which are those of bpf_ct_change_status; resolve the file as it was compiled, or use --force" "$(<err)"
same_files shipped.ko module.ko

# Beside the file.
btfx resolve-ids --btf_base base.btf compiled.ko
unhex 96770100 8f7d0100 0a000000 01000000 abb90100 10000000 acb90100 10000000 adb90100 07000000 afb90100 02000000 \
  b0b90100 10000000 b1b90100 10000000 b3b90100 05000000 b4b90100 05000000 b5b90100 05000000 b6b90100 05000000 |
  same_files - compiled.ko.BTF_ids
same 875c557e64c383c14838672371f17fefed0bb1cc5f9ba52b94bc446c012da3f4 "$(digest compiled.ko.BTF)"
assert ! -e compiled.ko.BTF.base
# With types from elsewhere, whose order stays, the same ids; in place, .BTF stays or stays away.
cp compiled.ko.BTF sorted.btf
objcopy --remove-section=.BTF compiled.ko bare.ko
for file in compiled bare; do
  cp $file.ko other.ko
  btfx resolve-ids --no-sort --btf sorted.btf -B base.btf other.ko -q
  same_files sorted.btf other.ko.BTF
  same_files compiled.ko.BTF_ids other.ko.BTF_ids
  btfx resolve-ids --no-sort --btf sorted.btf -B base.btf other.ko -q --in-place
  btfx extract other.ko --section .BTF_ids | same_files compiled.ko.BTF_ids -
  for name in "$file" other; do btfx extract "$name.ko" --section .BTF >"$name.types" 2>/dev/null || : >"$name.types"; done
  same_files $file.types other.types
done
assert ! -s bare.types
btfx resolve-ids --btf_base base.btf --distill_base compiled.ko -q
unhex 3d000000 46000000 0a000000 01000000 fb010000 10000000 fc010000 10000000 fd010000 07000000 ff010000 02000000 \
  00020000 10000000 01020000 10000000 03020000 05000000 04020000 05000000 05020000 05000000 06020000 05000000 |
  same_files - compiled.ko.BTF_ids
same d234478f60e562528ecc348616101451e330e3e893084e0562eae743f7c7e2da "$(digest compiled.ko.BTF)"
same c74dfe6bdf9812b66d0c7a7cdacf518509d97db06e2ef9575f8609363b4b22c2 "$(digest compiled.ko.BTF.base)"

# All of it in place is what the parts are beside the file.
cp compiled.ko whole.ko
btfx resolve-ids --in-place --distill-base whole.ko -B base.btf --strip-signature -q
for section in .BTF .BTF.base .BTF_ids; do btfx extract whole.ko --section $section | same_files compiled.ko$section -; done
btfx resolve-ids --list --fatal-warnings whole.ko | tail -n 1 | has - -x '12 ids, 12 ok'
btfx check whole.ko -B base.btf >/dev/null

# The steps of a build: sections beside the file, the types put in, then the ids. The ids alone are those of other types,
# and that is said, whether the base is known or not.
cp compiled.ko steps.ko
btfx resolve-ids steps.ko -B base.btf -q
cp steps.ko alone.ko
btfx resolve-ids --patch steps.ko.BTF_ids alone.ko -B base.btf 2>err
has err '^btfx: warning: alone.ko: .BTF_ids: word 4 (of set nf_ct_kfunc_set) is type .* (and 9 more are wrong): these are not the ids of the .BTF in the file'
cp steps.ko alone.ko
btfx resolve-ids --patch steps.ko.BTF_ids alone.ko -B none 2>err
has err '^btfx: warning: alone.ko: .BTF_ids: another .BTF stands beside them: these are not the ids of the .BTF in the file'
objcopy --update-section .BTF=steps.ko.BTF steps.ko
btfx resolve-ids --patch steps.ko.BTF_ids steps.ko -B base.btf 2>err
same '' "$(<err)"
btfx resolve-ids --list --fatal-warnings steps.ko -B base.btf >/dev/null
matches "$(btfx check steps.ko -B base.btf)" '^ok '

# Where the symbols are gone, nothing can tell which types the ids shall name: types keep their numbers, and no check
# calls such ids right.
strip --strip-all module.ko -o stripped.ko
cp stripped.ko same.ko
expect 2 btfx resolve-ids stripped.ko -B base.btf --force --in-place
same "btfx: error: stripped.ko: .BTF_ids: no symbols tell which of its 24 words are ids, and those would be of \
other types once the types are sorted: use --no-sort" "$(<err)"
same_files same.ko stripped.ko
btfx check stripped.ko -B base.btf >out
has out -x 'ok  *stripped.ko: warning: its ids could not be judged: no symbols tell which of its 24 words are ids'
