#!/usr/bin/env bash
# core --minimal writes what serves the objects and little more: a file for one kernel, a directory for several.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$DATA/vmlinux-6.12.115.btf.xz" old.btf.xz && cp "$DATA/vmlinux-6.12.117.btf.xz" new
cp "$DATA"/bpf/*.bpf.o .
"$BTFX" core fileage.bpf.o blockage.bpf.o -B old.btf.xz >report
"$BTFX" core fileage.bpf.o blockage.bpf.o -B old.btf.xz --minimal small | cmp report -
(($(stat -c %s small) < 3000))
"$BTFX" check -B small >/dev/null

# On it everything comes to the same.
if command -v jq >/dev/null; then
  values='.results[] | [.object, .relocation, .kind, .path, .verdict, .guarded, .new, .width]'
  for kernel in old.btf.xz small; do "$BTFX" --json core fileage.bpf.o blockage.bpf.o -B $kernel | jq -c "$values" >on.$kernel; done
  cmp on.old.btf.xz on.small
fi

# With several kernels, and where it is a directory: a file for each.
"$BTFX" core fileage.bpf.o -B old.btf.xz -B new --minimal kernels >/dev/null
[[ $(ls kernels) == 'new.btf
old.btf' ]]
mkdir one && "$BTFX" core fileage.bpf.o -B new --minimal one >/dev/null
cmp one/new.btf kernels/new.btf
"$BTFX" core fileage.bpf.o -B new --minimal two/ >/dev/null
cmp two/new.btf kernels/new.btf

# What cannot be.
refuses() { # MESSAGE ARGUMENT...
  local message=$1 status=0
  shift
  rm -rf none
  "$BTFX" core "$@" --minimal none >/dev/null 2>message || status=$?
  ((status == 2)) && [[ ! -e none ]]
  grep -qF -- "$message" message
}
refuses '--minimal needs a kernel to take the types from: name it with -B' fileage.bpf.o
mkdir other && cp new other/
refuses 'new and other/new would both write none/new.btf' fileage.bpf.o -B new -B other/new
refuses '--minimal: nothing is written, because an object could not be read' fileage.bpf.o new -B new
status=0
"$BTFX" core fileage.bpf.o -B new --minimal - >/dev/null 2>message || status=$?
((status == 2))
grep -qF -- '--minimal: standard output is taken by the results: name a file' message
