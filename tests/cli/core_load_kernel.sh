#!/usr/bin/env bash
# label: slow
# libbpf and the running kernel load the objects of which core says that they load, and refuse those that fail: byte order,
# settings of the configuration, functions and variables of the kernel, targets and what programs read of their arguments.
. "$(dirname "$0")/lib.sh"
[[ -r /sys/kernel/btf/vmlinux ]] || skip 'the running kernel has no BTF'
need bpftool clang cc jq
cc -O1 -o load "$root/tests/support/load_bpf.c" -lbpf 2>cc.log || skip 'libbpf cannot be linked'
./load 2>load.log || skip 'BPF programs may not be loaded here'
cat >common.h <<'C'
#define SEC(name) __attribute__((section(name), used))
#define KCONFIG __attribute__((section(".kconfig")))
#define KSYM __attribute__((section(".ksyms")))
#define WEAK __attribute__((weak))
#define EXISTS(field) __builtin_preserve_field_info(((struct task_struct *)0)->field, 2)
#define OFFSET(field) __builtin_preserve_field_info(((struct task_struct *)0)->field, 0)
struct task_struct {
  int pid;
  int gone;
} __attribute__((preserve_access_index));
char _license[] SEC("license") = "GPL";
C
# try VERDICT NAME [TARGET]: compiles a program, and compares what core says and what the kernel does. What only may load
# does not, as this loader sets nothing.
try() {
  { echo '#include "common.h"'; cat; } >"$2.c"
  clang -target "${3:-bpf}" -mcpu=v2 -O2 -g -Wno-everything -c "$2.c" -o "$2.o" 2>clang.log || skip 'clang cannot compile for BPF'
  local said real
  btfx --json core "$2.o" -B running >"$2.json" || true
  said=$(jq -r '.results[] | select(.load) | .load' "$2.json")
  real=$(./load "$2.o" 2>load.log)
  same "$1" "$said" "$2: $(btfx core "$2.o" -B running || true)"
  if [[ $real == *' denied' ]]; then
    echo "$2: loading is denied here"
  else
    same "$2.o ${1/may load/fails}" "$real" "$2: $(tail -n 20 load.log)"
  fi
}
try fails other_byte_order bpfeb <<'C'
SEC("socket") int program(void *context) { return 0; }
C
try loads own_byte_order bpfel <<'C'
SEC("socket") int program(void *context) { return 0; }
C
try fails first_instruction <<'C'
SEC("socket") int program(void *context) { return OFFSET(gone); }
C
try fails on_every_way <<'C'
SEC("socket") int program(int *context) { return context[0] ? OFFSET(gone) + 1 : OFFSET(gone) + 2; }
C

# Settings.
try loads version_guards <<'C'
extern int LINUX_KERNEL_VERSION KCONFIG;
SEC("socket") int program(void *context) { return LINUX_KERNEL_VERSION >= (4 << 16) ? 0 : OFFSET(gone); }
C
try fails version_does_not_guard <<'C'
extern int LINUX_KERNEL_VERSION KCONFIG;
SEC("socket") int program(void *context) { return LINUX_KERNEL_VERSION >= (99 << 16) ? 0 : OFFSET(gone); }
C
try loads cookie_guards <<'C'
extern _Bool LINUX_HAS_BPF_COOKIE KCONFIG;
SEC("socket") int program(void *context) { return LINUX_HAS_BPF_COOKIE ? 0 : OFFSET(gone); }
C
try fails weak_setting_is_zero <<'C'
extern _Bool CONFIG_NO_SUCH_THING KCONFIG WEAK;
SEC("socket") int program(void *context) { return CONFIG_NO_SUCH_THING ? 0 : OFFSET(gone); }
C
try loads weak_setting_guards <<'C'
extern _Bool CONFIG_NO_SUCH_THING KCONFIG WEAK;
SEC("socket") int program(void *context) { return CONFIG_NO_SUCH_THING ? OFFSET(gone) : 0; }
C
try fails unknown_virtual_setting <<'C'
extern int LINUX_NO_SUCH_THING KCONFIG;
SEC("socket") int program(void *context) { return LINUX_NO_SUCH_THING; }
C
try loads weak_virtual_setting <<'C'
extern int LINUX_NO_SUCH_THING KCONFIG WEAK;
SEC("socket") int program(void *context) { return LINUX_NO_SUCH_THING ? OFFSET(gone) : 0; }
C
if [[ -r /proc/config.gz || -r /boot/config-$(uname -r) ]]; then
  try loads setting_guards <<'C'
extern _Bool CONFIG_BPF KCONFIG;
SEC("socket") int program(void *context) { return CONFIG_BPF ? 0 : OFFSET(gone); }
C
  try loads number_guards <<'C'
extern int CONFIG_HZ KCONFIG;
SEC("socket") int program(void *context) { return CONFIG_HZ > 0 ? 0 : OFFSET(gone); }
C
  try loads text_guards <<'C'
extern char CONFIG_CC_VERSION_TEXT[8] KCONFIG;
SEC("socket") int program(void *context) { return CONFIG_CC_VERSION_TEXT[7] ? OFFSET(gone) : 0; }
C
  try fails strong_setting_is_missing <<'C'
extern _Bool CONFIG_NO_SUCH_THING KCONFIG;
SEC("socket") int program(void *context) { return CONFIG_NO_SUCH_THING; }
C
  try fails setting_of_another_type <<'C'
extern int CONFIG_BPF KCONFIG;
SEC("socket") int program(void *context) { return CONFIG_BPF; }
C
fi

# Functions and variables of the kernel.
try fails strong_function_is_missing <<'C'
extern void bpf_no_such_function(void) KSYM;
SEC("kprobe/x") int program(void *context) { bpf_no_such_function(); return 0; }
C
try fails strong_variable_is_missing <<'C'
extern int no_such_variable KSYM;
SEC("kprobe/x") int program(void *context) { return (long)&no_such_variable; }
C
try loads weak_variable_is_missing <<'C'
extern int no_such_variable KSYM WEAK;
SEC("kprobe/x") int program(void *context) { return &no_such_variable ? OFFSET(gone) : 0; }
C
try fails strong_symbol_is_missing <<'C'
extern const void no_such_symbol KSYM;
SEC("kprobe/x") int program(void *context) { return (long)&no_such_symbol; }
C
try loads weak_symbol_is_missing <<'C'
extern const void no_such_symbol KSYM WEAK;
SEC("kprobe/x") int program(void *context) { return (long)&no_such_symbol ? OFFSET(gone) : 0; }
C
try loads weak_function_is_not_called <<'C'
extern void bpf_no_such_function(void) KSYM WEAK;
SEC("kprobe/x") int program(void *context) { if (bpf_no_such_function) bpf_no_such_function(); return 0; }
C
try fails weak_function_is_called <<'C'
extern void bpf_no_such_function(void) KSYM WEAK;
SEC("kprobe/x") int program(void *context) { bpf_no_such_function(); return 0; }
C

# Maps: one whose size the loader has to set is refused as it stands, and so core does not say that it loads.
map() { # NAME TYPE ENTRIES: prints the definition of a map
  echo "struct { int (*type)[$2]; int *key; long *value; int (*max_entries)[$3]; } $1 SEC(\".maps\");"
}
try loads map_with_size < <(map sized 1 16 && echo 'SEC("socket") int program(void *context) { return 0; }')
try 'may load' map_without_entries < <(map unsized 1 0 && echo 'SEC("socket") int program(void *context) { return 0; }')
try fails map_of_no_type < <(map strange 1000 16 && echo 'SEC("socket") int program(void *context) { return 0; }')

# Helpers.
try fails no_such_helper <<'C'
SEC("socket") int program(void *context) { return ((int (*)(void))100000)(); }
C
try loads no_such_helper_is_guarded <<'C'
SEC("socket") int program(void *context) { return EXISTS(gone) ? ((int (*)(void))100000)() : 0; }
C

# Callbacks.
if bpftool btf dump file /sys/kernel/btf/vmlinux 2>/dev/null | grep -q "STRUCT 'bpf_struct_ops_tcp_congestion_ops'"; then
  ops='struct sock; struct tcp_congestion_ops { unsigned int (*ssthresh)(struct sock *sk); char name[16];'
  variable='SEC("struct_ops/ssthresh") unsigned int ssthresh(unsigned long long *context) { return 2; }
SEC(".struct_ops") struct tcp_congestion_ops ops = {.ssthresh = (void *)ssthresh, .name = "ops"'
  try loads callbacks <<<"$ops }; $variable };"
  try fails unknown_member_is_set <<<"$ops int gone; }; $variable, .gone = 1 };"
  try fails member_of_another_size <<<"$ops long long flags; int key; }; $variable };"
fi

# Targets.
if bpftool btf dump file /sys/kernel/btf/vmlinux 2>/dev/null | grep -q "TYPEDEF 'btf_trace_sched_switch'"; then
  try loads argument_of_tracepoint <<'C'
SEC("tp_btf/sched_switch") int program(volatile unsigned long long *context) { context[2]; return 0; }
C
  try fails no_argument_of_tracepoint <<'C'
SEC("tp_btf/sched_switch") int program(volatile unsigned long long *context) { context[5]; return 0; }
C
  try loads argument_is_guarded <<'C'
SEC("tp_btf/sched_switch") int program(volatile unsigned long long *context) { if (EXISTS(gone)) context[5]; return 0; }
C
  try fails no_tracepoint <<'C'
SEC("tp_btf/no_such_tracepoint") int program(unsigned long long *context) { return 0; }
C
fi
if bpftool btf dump file /sys/kernel/btf/vmlinux 2>/dev/null | grep -q "FUNC 'vfs_read'"; then
  try loads argument_is_there <<'C'
SEC("fentry/vfs_read") int program(volatile unsigned long long *context) { context[3]; return 0; }
C
  try fails argument_is_not_there <<'C'
SEC("fentry/vfs_read") int program(volatile unsigned long long *context) { context[4]; return 0; }
C
  try loads return_value <<'C'
SEC("fexit/vfs_read") int program(volatile unsigned long long *context) { context[4]; return 0; }
C
  try fails argument_of_no_function <<'C'
SEC("fentry/no_such_function") int program(volatile unsigned long long *context) { context[0]; return 0; }
C
fi
try loads iterator <<'C'
SEC("iter/task") int program(volatile unsigned long long *context) { context[1]; return 0; }
C
try fails no_iterator <<'C'
SEC("iter/no_such_iterator") int program(unsigned long long *context) { return 0; }
C
try fails no_hook <<'C'
SEC("lsm/no_such_hook") int program(unsigned long long *context) { return 0; }
C
try loads kprobe_on_nothing <<'C'
SEC("kprobe/no_such_function") int program(void *context) { return 0; }
C
