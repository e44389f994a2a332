#!/usr/bin/env bash
# examples/core-gate.sh tells on which kernels a BPF object loads, and which line keeps it from the others.
set -eu
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }
root=$(dirname "$(realpath "$0")")/../..
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
export BTFX
cp "$DATA/vmlinux-6.12.115.btf.xz" old && cp "$DATA/vmlinux-6.12.117.btf.xz" new
[[ $("$root/examples/core-gate.sh" "$DATA/bpf/fileage.bpf.o" old new) == 'loads on old
loads on new' ]]
status=0
"$root/examples/core-gate.sh" "$DATA/bpf/blockage.bpf.o" old new >out || status=$?
((status == 1))
diff - out <<'END'
does not load on old:
  ./blockage.bpf.c:35: block_device___numbered.bd_partno: struct block_device has no member 'bd_partno'
      place.partition = BPF_CORE_READ(numbered, bd_partno);
does not load on new:
  ./blockage.bpf.c:35: block_device___numbered.bd_partno: struct block_device has no member 'bd_partno'
      place.partition = BPF_CORE_READ(numbered, bd_partno);
END
status=0
"$root/examples/core-gate.sh" "$DATA/bpf/blockage.bpf.o" /nonexistent >/dev/null 2>&1 || status=$?
((status == 2))
# What fails in an optional program keeps the object from nothing.
LC_ALL=C sed 's#kprobe/wrong#?probe/wrong#g' "$DATA/bpf/guards.bpf.o" >guards.o
status=0
"$root/examples/core-gate.sh" guards.o new >out || status=$?
((status == 1))
diff - out <<'END'
does not load on new:
  ./guards.bpf.c:18: task_struct.gone: struct task_struct has no member 'gone'
      return task->gone * 5 + task->pid;
  ./guards.bpf.c:32: task_struct.gone: struct task_struct has no member 'gone'
      return task->gone + seen;
END
