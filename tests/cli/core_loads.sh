#!/usr/bin/env bash
# What keeps an object from loading beside its relocations: maps that have no size, and variables of callbacks that do not
# fit the kernel's struct.
. "$(dirname "$0")/lib.sh"
need jq
expect 0 btfx core "$DATA/loads/externs.bpf.o" -B "$old"
same "$DATA/loads/externs.bpf.o: loads on 0 of 1 kernel; may load on vmlinux-6.12.115 (1 open question)" "$(head -n 1 out)"
has out "^warning: map 'sized_by_loader' has no max_entries: the program that loads it must set it$"
expect 1 btfx core "$DATA/loads/externs.bpf.o" -B "$old" --strict
# With several kernels each sentence comes once.
btfx core "$DATA/loads/externs.bpf.o" -B "$old" -B "$new" --failed >out
same 1 "$(count out "^warning: map 'sized_by_loader' ")"

expect 0 btfx core "$DATA/loads/callbacks.bpf.o" -B "$old"
same "$DATA/loads/callbacks.bpf.o: loads on 1 of 1 kernel" "$(head -n 1 out)"
has out '^  cong_avoid  struct_ops/cong_avoid  vmlinux \[[0-9]*\]$'
# One that loaders leave out by default does no harm.
has out '^  beyond      ?struct_ops/beyond     unknown$'
has out '^      the program reads argument 4, but there are 3$'
expect 1 btfx core "$DATA/loads/callbacks-bad.bpf.o" -B "$old"
same "error: shares: program ssthresh is also another member, or one of another type
error: set: struct tcp_congestion_ops has no member 'gone'
error: calls: struct tcp_congestion_ops has no member 'gone_too'" "$(grep '^error' out)"
same 'callbacks callbacks callbacks' "$({ btfx -j core "$DATA/loads/callbacks-bad.bpf.o" -B "$old" || true; } |
  jq -r '[.results[] | select(.load) | .findings[] | .code] | join(" ")')"
