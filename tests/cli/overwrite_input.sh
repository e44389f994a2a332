#!/usr/bin/env bash
# No output takes the place of an input or of another output, by whatever name.
. "$(dirname "$0")/lib.sh"
cp "$old" base && cp "$DATA/bpf/conntrack.bpf.o" object && cp "$DATA/modules/nf_conntrack.ko.xz" module
ln -s base link && ln object hard
cksum base object module >before
refuses() { # MESSAGE ARGUMENT...
  expect 2 btfx "${@:2}"
  same '' "$(<out)"
  same "btfx: error: $1" "$(<err)"
  cksum base object module | same_files before -
}
refuses 'base: --report would overwrite the input base' core object -B base --report base
refuses 'link: --minimal would overwrite the input base' core object -B base --minimal link
refuses './hard: --report would overwrite the input object' core object -B base --report ./hard
refuses 'module: --minimal would overwrite the input module' core object -B base --modules module --minimal module
refuses 'new: --report and --minimal would both write it' core object -B base --report new --minimal ./new
assert ! -e new
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
btfx check module -B base --report page.html >/dev/null
assert -s page.html
# A page is no result, and standard output is taken by those.
refuses '--report: standard output is taken by the results: name a file' core object -B base --report -
refuses '--report: standard output is taken by the results: name a file' check module -B base --report -
assert ! -e ./-
# What can be written many times may be named twice.
expect 1 btfx core object -B base --report /dev/null --minimal /dev/null
