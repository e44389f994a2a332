#!/usr/bin/env bash
# De-duplicating and distilling in one run is the same as one after the other; distilled modules are de-duplicated, too.
. "$(dirname "$0")/lib.sh"
need objcopy jq
xz -dc "$old" >base.btf
xz -dc "$DATA/modules/xfrm_interface.ko.xz" >module.ko
btfx merge -B base.btf module.ko --minimal -o standalone.btf
btfx rebase standalone.btf -B base.btf -o split.btf
objcopy --update-section .BTF=split.btf module.ko 2>/dev/null
btfx resolve-ids module.ko -B base.btf --in-place --force 2>/dev/null
same_sections() { # ONE OTHER
  for section in .BTF .BTF.base .BTF_ids; do
    same_files <(btfx extract "$1" --section $section) <(btfx extract "$2" --section $section)
  done
}

btfx dedup module.ko -B base.btf -o one.ko
btfx distill one.ko -B base.btf -o two.ko
btfx distill module.ko -B base.btf --dedup -o both.ko
same_sections two.ko both.ko
same "$(stat -c %s split.btf)" "$(btfx distill module.ko -B base.btf --dedup -j | jq '.results[0].btf_before')"
btfx relocate both.ko -B base.btf --dry-run >/dev/null
btfx relocate both.ko -B "$new" --dry-run >/dev/null

# With -B, a distilled module is relocated, de-duplicated and distilled again.
btfx distill module.ko -B base.btf -o bloated.ko
btfx dedup bloated.ko -B base.btf -o again.ko
same_sections again.ko both.ko
btfx dedup both.ko -B base.btf -v -o same.ko
same_files both.ko same.ko

# Without it, it is compared with its own base, which stays as it is; and relocates as before.
btfx dedup bloated.ko -o alone.ko
same_files <(btfx extract alone.ko --section .BTF.base) <(btfx extract bloated.ko --section .BTF.base)
btfx relocate alone.ko -B base.btf --dry-run >/dev/null
btfx dedup alone.ko -o twice.ko
same_files alone.ko twice.ko
btfx dedup bloated.ko --output-dir sidecars >/dev/null
same_files sidecars/bloated.ko.BTF.base <(btfx extract bloated.ko --section .BTF.base)
