// What a loader fills in: settings, a function and a variable of the kernel, weak ones that are missing; a map whose size
// the loader sets; and a program of a kind, and a call of a helper, that old kernels do not have.
#define SEC(name) __attribute__((section(name), used))
#define KCONFIG __attribute__((section(".kconfig")))
#define KSYM __attribute__((section(".ksyms")))
#define WEAK __attribute__((weak))

struct {
  int (*type)[1];  // BPF_MAP_TYPE_HASH
  int *key;
  long *value;
} sized_by_loader SEC(".maps");

extern int LINUX_KERNEL_VERSION KCONFIG;
extern int CONFIG_HZ KCONFIG WEAK;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern void bpf_no_such_function(void) KSYM WEAK;
extern int bpf_prog_active KSYM WEAK;
extern const void no_such_symbol KSYM WEAK;

static long (*bpf_get_attach_cookie)(void *context) = (void *)174;

SEC("kprobe/vfs_read") long probe(void *context) {
  if (LINUX_KERNEL_VERSION < (5 << 16) || CONFIG_HZ == 1000) return 0;
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  if (bpf_no_such_function) bpf_no_such_function();
  return bpf_get_attach_cookie(context) + (long)&bpf_prog_active + (long)&no_such_symbol;
}

SEC("fentry/vfs_read") int trace(unsigned long long *context) { return 0; }

char _license[] SEC("license") = "GPL";
