#!/usr/bin/env bash
# No output takes the place of an input or of another output, by whatever name.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$DATA/vmlinux-6.12.115.btf.xz" base && cp "$DATA/bpf/conntrack.bpf.o" object && cp "$DATA/modules/nf_conntrack.ko.xz" module
ln -s base link && ln object hard
cksum base object module >before
refuses() { # MESSAGE ARGUMENT...
  local status=0
  "$BTFX" "${@:2}" >out 2>errors || status=$?
  [[ $status == 2 && ! -s out ]]
  [[ $(cat errors) == "btfx: error: $1" ]] || { cat errors; return 1; }
  cksum base object module | cmp - before
}
refuses 'base: --report would overwrite the input base' core object -B base --report base
refuses 'link: --minimal would overwrite the input base' core object -B base --minimal link
refuses './hard: --report would overwrite the input object' core object -B base --report ./hard
refuses 'module: --minimal would overwrite the input module' core object -B base --modules module --minimal module
refuses 'new: --report and --minimal would both write it' core object -B base --report new --minimal ./new
[[ ! -e new ]]
cp base kernels.btf && mkdir kernels && cp base kernels/base.btf
refuses 'kernels/base.btf: --minimal would overwrite the input kernels/base.btf' \
  core object -B kernels/base.btf -B kernels.btf --minimal kernels
refuses 'link: --output would overwrite the input base' merge -B base module -o link
refuses 'module: --output would overwrite the input module' distill module -B base --strip-signature -o module
refuses 'link: --output would overwrite the input base' distill module -B base --strip-signature -o link
refuses 'link: --output would overwrite the input link' relocate module --from link -B base -o link
refuses 'base: --output would overwrite the input link' extract link -o base
refuses 'base: --output would overwrite the input base' rebase object -B base -o base
refuses 'link: --report would overwrite the input base' check module -B base --report link
"$BTFX" check module -B base --report page.html >/dev/null && [[ -s page.html ]]
# A page is no result, and standard output is taken by those.
refuses_page() {
  ! "$BTFX" "$@" --report - >out 2>errors && [[ ! -s out && ! -e ./- ]]
  [[ $(cat errors) == 'btfx: error: --report: standard output is taken by the results: name a file' ]]
}
refuses_page core object -B base
refuses_page check module -B base
# What can be written many times may be named twice.
"$BTFX" core object -B base --report /dev/null --minimal /dev/null >/dev/null
