#!/usr/bin/env bash
# label: threads
# What becomes of a real object on two kernels, in either byte order and whatever --jobs: values, poison, its guards, and
# the bitfield that is read at the wrong place.
. "$(dirname "$0")/lib.sh"

expect 1 btfx core "$DATA/bpf/probe.bpf.o" -B "$old"
cp out text
same_files - text <<WANTED
$DATA/bpf/probe.bpf.o: loads on 0 of 1 kernel; fails on vmlinux-6.12.115 (1 program fails verification); whether 3 programs can be attached is unknown; 1 warning

$DATA/bpf/probe.bpf.o on vmlinux-6.12.115
kprobe/one, program letter
  insn 0  byte_off  task_struct.pid      0 -> 2432   ok  vmlinux [112]  probe.bpf.c:26
  insn 1  byte_off  task_struct.comm[3]  11 -> 2979  ok  vmlinux [112]  probe.bpf.c:26
kprobe/two, program state
  insn 0  field_exists  task_struct___new.__state  1        same              vmlinux [112]  probe.bpf.c:31
  insn 2  byte_off      task_struct___new.__state  0 -> 24  ok                vmlinux [112]  probe.bpf.c:31
  insn 4  byte_off      task_struct.state          24       poison (guarded)                 probe.bpf.c:32
      struct task_struct has no member 'state'; its member 'vtime', struct vtime, has one
      source: return task->state;
kprobe/two, program old_state
  insn 6  byte_off  task_struct.state  24  poison    probe.bpf.c:36
      struct task_struct has no member 'state'; its member 'vtime', struct vtime, has one
      source: return task->state;
socket, program packet
  insn 0  byte_off    sk_buff.pkt_type  0 -> 128  ok    vmlinux [893]  probe.bpf.c:40
  insn 1  lshift_u64  sk_buff.pkt_type  61        same  vmlinux [893]  probe.bpf.c:40
  insn 3  rshift_u64  sk_buff.pkt_type  61        same  vmlinux [893]  probe.bpf.c:40
  insn 5  byte_off    sk_buff.len       4 -> 112  ok    vmlinux [893]  probe.bpf.c:41
socket, program direct
  insn 10  byte_off  sk_buff.ip_summed  0 -> 128  ok  vmlinux [893]  probe.bpf.c:45
      warning: a bitfield is accessed without the builtins for that: the program takes 2 bits at 128.3, but the field is 2 bits at 128.5
timer, program mode
  insn 0  enumval_value  hrtimer_mode::HRTIMER_MODE_REL  3 -> 1  ok  vmlinux [15335]  probe.bpf.c:49
programs
  letter     kprobe/one  unknown; 2 relocations
      no function one in vmlinux
  state      kprobe/two  unknown; 3 relocations
      no function two in vmlinux
  old_state  kprobe/two  fails; unknown; 1 relocation, 1 bad
      no function two in vmlinux
  packet     socket      4 relocations
  direct     socket      1 relocation
  mode       timer       1 relocation
WANTED

# JSON counts warnings, too.
expect 1 btfx --json core "$DATA/bpf/probe.bpf.o" -B "$old"
has out '"warnings":1,"errors":0}}$'

# Big-endian: the same, but for the shift to the left; and this kernel does not take it.
expect 1 btfx core "$DATA/bpf/probe-big-endian.bpf.o" -B "$old"
cp out big
has big '^error: the object is big-endian and the kernel little-endian: loaders refuse it$'
has big '  insn 1  lshift_u64  sk_buff.pkt_type  32 -> 56  ok '
same 12 "$(count big '^  insn')"

objects=("$DATA/bpf/probe.bpf.o" "$DATA/bpf/conntrack.bpf.o" "$DATA/bpf/probe-big-endian.bpf.o")
expect 1 btfx -v core "${objects[@]}" -B "$old" -B "$new" --jobs 1
cp out one
expect 1 btfx -v core "${objects[@]}" -B "$old" -B "$new" --jobs 2
same_files one out
has one '^  byte_off *task_struct.state *poison  *poison$'
has one '^  byte_off *task_struct.comm\[3\] *2979  *2979$'
