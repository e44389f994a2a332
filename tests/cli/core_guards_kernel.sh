#!/usr/bin/env bash
# The verifier of the running kernel meets poison in the programs in which core says that it is not guarded.
. "$(dirname "$0")/lib.sh"
[[ -r /sys/kernel/btf/vmlinux ]] || skip 'the running kernel has no BTF'
need bpftool clang
pins=/sys/fs/bpf/btfx-test-$$
at_exit "rm -rf $pins"
cat >common.h <<'C'
#define SEC(name) __attribute__((section(name), used))
#define EXISTS(field) __builtin_preserve_field_info(((struct task_struct *)0)->field, 2)
struct task_struct {
  int pid;
  int gone;
} __attribute__((preserve_access_index));
static void *(*current)(void) = (void *)35;
static unsigned (*any)(void) = (void *)7;
static long (*probe_read)(void *to, unsigned size, const void *from) = (void *)113;
static inline int gone(void) {
  int value = 0;
  probe_read(&value, sizeof value, &((struct task_struct *)current())->gone);
  return value;
}
char _license[] SEC("license") = "GPL";
C
# try GUARDED NAME: compiles a program, and compares.
try() {
  { echo '#include "common.h"'; cat; } >"$2.c"
  clang -target bpf -mcpu=v2 -O2 -g -c "$2.c" -o "$2.o" 2>clang.log || skip 'clang cannot compile for BPF'
  local status=0 load=0
  btfx core "$2.o" -B running --strict >"$2.txt" || status=$?
  bpftool -d prog loadall "$2.o" "$pins" >"$2.log" 2>&1 || load=$?
  rm -rf "$pins"
  ! grep -qE "Operation not permitted|can't mount bpf" "$2.log" || skip 'BPF programs may not be loaded here'
  ((status == $1 && load == 0 == (status == 0))) || fail "$2: core $status, load $load" "$(tail -n 30 "$2.txt" "$2.log")"
  ((status == 0)) || has "$2.log" -E 'invalid CO-RE relocation|invalid func unknown#195896080'
}
try 0 straight_guard <<'C'
SEC("kprobe/x") int program(void *context) { return EXISTS(gone) ? gone() : 0; }
C
try 1 asked_in_passing <<'C'
SEC("kprobe/x") int program(void *context) { return EXISTS(gone) + gone(); }
C
# The stack is not what is asked about.
try 1 zero_on_stack <<'C'
SEC("kprobe/x") int program(void *context) {
  volatile int wanted = 0;
  return EXISTS(gone) + (wanted ? 0 : gone());
}
C
try 0 answer_on_stack <<'C'
SEC("kprobe/x") int program(void *context) {
  volatile int has = EXISTS(gone);
  return has ? gone() : 0;
}
C
# Neither the kernel's values on the stack nor data that may change are known.
try 1 value_on_stack <<'C'
SEC("kprobe/x") int program(void *context) {
  volatile int number = any();
  return EXISTS(gone) + (number ? 0 : gone());
}
C
try 1 data <<'C'
int wanted;
SEC("kprobe/x") int program(void *context) { return EXISTS(gone) + (wanted ? gone() : 0); }
C
# Static functions are verified with what they are called with, and what they return is known; global ones are not.
try 0 static_argument <<'C'
static __attribute__((noinline)) int use(int has) { return has ? gone() : (int)any(); }
SEC("kprobe/x") int program(void *context) { return use(EXISTS(gone)) + use(EXISTS(gone)); }
C
try 1 global_argument <<'C'
__attribute__((noinline)) int use(int has) { return has ? gone() : (int)any(); }
SEC("kprobe/x") int program(void *context) { return use(EXISTS(gone)); }
C
try 0 static_return <<'C'
static __attribute__((noinline)) int has(void) { any(); return EXISTS(gone); }
SEC("kprobe/x") int program(void *context) { return has() ? gone() : 0; }
C
try 1 global_return <<'C'
__attribute__((noinline)) int has(void) { any(); return EXISTS(gone); }
SEC("kprobe/x") int program(void *context) { return has() ? gone() : 0; }
C
# Who has an address on the stack may write below it, if it is verified with the caller.
try 1 below_address <<'C'
static __attribute__((noinline)) int clear(volatile long *at) { at[-1] = any(); return 0; }
SEC("kprobe/x") int program(void *context) {
  volatile long kept[2];
  kept[0] = kept[1] = 1;
  clear(&kept[1]);
  return kept[0] ? 0 : gone();
}
C
try 1 below_context <<'C'
static long (*loop)(unsigned count, void *function, void *context, long flags) = (void *)181;
static int clear(int i, volatile long *at) { at[-1] = any(); return 0; }
SEC("kprobe/x") int program(void *context) {
  volatile long kept[2];
  kept[0] = kept[1] = 1;
  loop(1, clear, (void *)&kept[1], 0);
  return kept[0] ? 0 : gone();
}
C
try 0 above_address <<'C'
static void (*name)(void *to, unsigned size) = (void *)16;
SEC("kprobe/x") int program(void *context) {
  volatile long kept[2];
  kept[0] = kept[1] = 1;
  name((void *)&kept[1], 8);
  return kept[0] ? 0 : gone();
}
C
# An atomic operation leaves the address as it was.
try 1 atomic <<'C'
SEC("kprobe/x") int program(void *context) {
  volatile long kept[2];
  kept[0] = kept[1] = 1;
  volatile long *at = kept;
  asm volatile("" : "+r"(at));
  __sync_fetch_and_add(at, 1);
  at[1] = any();
  return kept[1] ? 0 : gone();
}
C
