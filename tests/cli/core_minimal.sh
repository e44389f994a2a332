#!/usr/bin/env bash
# core --minimal writes what serves the objects and little more: a file for one kernel, a directory for several.
. "$(dirname "$0")/lib.sh"
need jq
cp "$old" old.btf.xz && cp "$new" new
cp "$DATA"/bpf/*.bpf.o .
btfx core fileage.bpf.o blockage.bpf.o -B old.btf.xz >report
btfx core fileage.bpf.o blockage.bpf.o -B old.btf.xz --minimal small | same_files report -
assert "$(stat -c %s small)" -lt 3000
btfx check -B small >/dev/null

# On it everything comes to the same.
values='.results[] | [.object, .relocation, .kind, .path, .verdict, .guarded, .new, .width]'
for kernel in old.btf.xz small; do btfx --json core fileage.bpf.o blockage.bpf.o -B $kernel | jq -c "$values" >on.$kernel; done
same_files on.old.btf.xz on.small

# With several kernels, and where it is a directory: a file for each.
btfx core fileage.bpf.o -B old.btf.xz -B new --minimal kernels >/dev/null
same 'new.btf
old.btf' "$(ls kernels)"
mkdir one && btfx core fileage.bpf.o -B new --minimal one >/dev/null
same_files kernels/new.btf one/new.btf
btfx core fileage.bpf.o -B new --minimal two/ >/dev/null
same_files kernels/new.btf two/new.btf

# What cannot be.
refuses() { # MESSAGE ARGUMENT...
  rm -rf none
  expect 2 btfx core "${@:2}" --minimal none
  assert ! -e none
  has err -F "$1"
}
refuses '--minimal needs a kernel to take the types from: name it with -B' fileage.bpf.o
mkdir other && cp new other/
refuses 'new and other/new would both write none/new.btf' fileage.bpf.o -B new -B other/new
refuses '--minimal: nothing is written, because an object could not be read' fileage.bpf.o new -B new
expect 2 btfx core fileage.bpf.o -B new --minimal -
has err -F '--minimal: standard output is taken by the results: name a file'
