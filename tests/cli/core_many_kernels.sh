#!/usr/bin/env bash
# Memory does not grow with the kernels, of which only the answers are kept; whatever the number of jobs, these are the same.
# label: slow
. "$(dirname "$0")/lib.sh"
object=$DATA/bpf/probe.bpf.o
xz -dc "$old" >1.btf
xz -dc "$new" >2.btf
bases=()
for ((n = 1; n <= 24; n++)); do
  ln "$((n % 2 + 1)).btf" "kernel-$n.btf"
  bases+=(-B "kernel-$n.btf")
done
limited() { (ulimit -v 130000 && btfx "$@"); }
expect 1 limited --jobs 1 core "$object" "${bases[@]}" --minimal minimal
mv out alone
expect 1 btfx --jobs 3 core "$object" "${bases[@]}"
same_files alone out
for n in 1 2; do
  btfx core "$object" -B "kernel-$n.btf" --minimal "$n" || [[ $? == 1 ]]
  same_files "$n" "minimal/kernel-$n.btf"
  same_files "$n" "minimal/kernel-$((n + 22)).btf"
done >/dev/null
# Kernels that cannot be read come first, wherever they are given.
expect 2 btfx --jobs 1 core "$object" -B 1.btf --modules none.ko -B none.btf
same 'kernel none.btf could not be read: nothing was resolved on it
module none.ko could not be used: nothing was looked for in it' "$(sed -n 2,3p out)"
