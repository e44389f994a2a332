// Programs that read a member which no kernel has, and ask for it or not, and rightly or not.
#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))
#define EXISTS(field) __builtin_preserve_field_info(field, 2)

struct task_struct {
  int pid;
  int gone;
} __attribute__((preserve_access_index));

static long (*bpf_loop)(int count, void *function, void *context, long flags) = (void *)181;

static noinline int called_if_there(struct task_struct *task) {
  return task->gone * 3 + task->pid;
}

static noinline int called_if_not(struct task_struct *task) {
  return task->gone * 5 + task->pid;
}

noinline int for_all(struct task_struct *task) {
  return task ? task->gone * 7 + task->pid : 0;
}

static int each(int i, void *context) {
  struct task_struct *task = *(void **)context;
  return task->gone;
}

SEC("kprobe/straight") int straight(struct task_struct *task) {
  int seen = EXISTS(task->gone);
  return task->gone + seen;
}

SEC("kprobe/wrong") int wrong(struct task_struct *task) {
  if (!EXISTS(task->gone)) return task->gone;
  return 0;
}

SEC("kprobe/calls") int calls(struct task_struct *task) {
  if (EXISTS(task->gone)) return called_if_there(task);
  return 0;
}

SEC("kprobe/calls_wrongly") int calls_wrongly(struct task_struct *task) {
  if (!EXISTS(task->gone)) return called_if_not(task);
  return 0;
}

SEC("kprobe/calls_global") int calls_global(struct task_struct *task) {
  if (EXISTS(task->gone)) return for_all(task);
  return 0;
}

SEC("kprobe/loops") int loops(struct task_struct *task) {
  if (EXISTS(task->gone)) bpf_loop(3, each, &task, 0);
  return 0;
}

SEC("kprobe/stack") int stack(struct task_struct *task) {
  volatile int has = EXISTS(task->gone);
  if (has) return task->gone;
  return 0;
}

char _license[] SEC("license") = "GPL";
