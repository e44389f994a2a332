#!/usr/bin/env bash
# Externs and targets on kernels that are files: what is found, what is not, where settings come from, and what is not
# known, in text and in JSON; and with which status core ends.
. "$(dirname "$0")/lib.sh"
need clang jq
cat >common.h <<'C'
#define SEC(name) __attribute__((section(name), used))
#define OFFSET(field) __builtin_preserve_field_info(((struct task_struct *)0)->field, 0)
struct task_struct { int pid; int gone; } __attribute__((preserve_access_index));
C
compile() { # NAME
  { echo '#include "common.h"' && cat; } >"$1.c"
  clang -target bpfel -mcpu=v2 -O2 -g -Wno-everything -c "$1.c" -o "$1.o" 2>clang.log || skip 'clang cannot compile for BPF'
}
# about OBJECT ARGUMENT...: its verdict, and what is said of each extern and target.
about() {
  { btfx -j core "$@" || true; } | jq -r '.results[] |
    (select(.load) | .load), (select(.extern) | "\(.extern) \(.state) \(.value)"), (select(.target_name) | "\(.target_name) \(.target)")'
}
compile settings <<'C'
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern int CONFIG_HZ __attribute__((section(".kconfig"), weak));
SEC("socket") int program(void *context) {
  return LINUX_KERNEL_VERSION >= (6 << 16) && CONFIG_HZ == 250 ? 0 : OFFSET(gone);
}
C
# A raw BTF says neither its version nor its configuration.
same 'may load
LINUX_KERNEL_VERSION set null
CONFIG_HZ set null' "$(about settings.o -B "$old")"
printf '# Linux/x86 6.12.115 Kernel Configuration\nCONFIG_HZ=250\n' >config
same 'loads
LINUX_KERNEL_VERSION found 396403
CONFIG_HZ found 250' "$(about settings.o -B "$old" --kconfig config)"
printf '# Linux/x86 5.10.1 Kernel Configuration\n# CONFIG_HZ is not set\n' | gzip >config.gz
same 'fails
LINUX_KERNEL_VERSION found 330241
CONFIG_HZ zero null' "$(about settings.o -B "$old" --kconfig config.gz)"
# The configuration beside a kernel.
xz -dc "$old" >vmlinux
cp config .config
same 'loads' "$(about settings.o -B vmlinux | head -n 1)"
expect 2 btfx core settings.o --kconfig config
has err 'kconfig needs the kernel'
expect 2 btfx core settings.o -B "$old" --kconfig none

compile targets <<'C'
SEC("fentry/vfs_read") int first(volatile unsigned long long *context) { context[3]; return 0; }
SEC("tp_btf/no_such_event") int second(unsigned long long *context) { return 0; }
SEC("?fentry/no_such_function") int third(unsigned long long *context) { return 0; }
SEC("kprobe/no_such_function") int fourth(void *context) { return 0; }
C
expect 1 btfx core targets.o -B "$old"
has out '^targets.o: loads on 0 of 1 kernel; fails on vmlinux-6.12.115 (1 in error); optional programs fail on vmlinux-6.12.115; whether 1 program can be attached is unknown$'
has out '^  first   fentry/vfs_read           vmlinux \[[0-9]*\]$'
has out '^  second  tp_btf/no_such_event      missing$'
has out '^      no tracepoint no_such_event in vmlinux$'
has out '^  fourth  kprobe/no_such_function   unknown$'

compile functions <<'C'
extern void bpf_no_such_function(void) __attribute__((section(".ksyms"), weak));
extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
extern void bpf_rcu_read_unlock(int) __attribute__((section(".ksyms")));
SEC("kprobe/x") int program(void *context) {
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock(1);
  if (bpf_no_such_function) bpf_no_such_function();
  return 0;
}
C
expect 1 btfx core functions.o -B "$old"
has out '^  weak function  bpf_no_such_function  0$'
has out '^  function       bpf_rcu_read_lock     vmlinux \[[0-9]*\]$'
has out '^      has another prototype in vmlinux: a function has 0 parameters, in the object 1$'
# A kernel of the other byte order, and the object's own values.
compile signs <<'C'
enum e { NEGATIVE = -1, POSITIVE = 1 };
struct bits { int x; unsigned char a : 4; unsigned long f : 16, g : 30; } __attribute__((preserve_access_index));
SEC("socket") long p(void *context) { return __builtin_preserve_enum_value(*(enum e *)NEGATIVE, 1); }
SEC("socket") long q(struct bits *context) { return __builtin_preserve_field_info(context->g, 1); }
C
same '-1 4' "$(btfx -j core signs.o | jq -r '[.results[] | .old] | join(" ")')"
{ btfx core signs.o -B signs.o || true; } 2>/dev/null | has - ' byte_sz  *bits.g  *4 -> 8  ok'
