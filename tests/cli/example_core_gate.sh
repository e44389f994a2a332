#!/usr/bin/env bash
# examples/core-gate.sh tells on which kernels a BPF object loads, and which line keeps it from the others.
. "$(dirname "$0")/lib.sh"
need jq
cp "$old" old && cp "$new" new
same 'loads on old
loads on new' "$("$root/examples/core-gate.sh" "$DATA/bpf/fileage.bpf.o" old new)"
expect 1 "$root/examples/core-gate.sh" "$DATA/bpf/blockage.bpf.o" old new
same_files - out <<'END'
may load on old:
  ./blockage.bpf.c:35: block_device___numbered.bd_partno: struct block_device has no member 'bd_partno'
      place.partition = BPF_CORE_READ(numbered, bd_partno);
may load on new:
  ./blockage.bpf.c:35: block_device___numbered.bd_partno: struct block_device has no member 'bd_partno'
      place.partition = BPF_CORE_READ(numbered, bd_partno);
END
expect 2 "$root/examples/core-gate.sh" "$DATA/bpf/blockage.bpf.o" /nonexistent
# What fails in an optional program keeps the object from nothing.
LC_ALL=C sed 's#kprobe/wrong#?probe/wrong#g' "$DATA/bpf/guards.bpf.o" >guards.o
expect 1 "$root/examples/core-gate.sh" guards.o new
same_files - out <<'END'
fails on new:
  ./guards.bpf.c:18: task_struct.gone: struct task_struct has no member 'gone'
      return task->gone * 5 + task->pid;
  ./guards.bpf.c:32: task_struct.gone: struct task_struct has no member 'gone'
      return task->gone + seen;
END
