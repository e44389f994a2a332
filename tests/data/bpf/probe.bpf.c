// What a small tracing program asks of the kernel: fields that moved, one that is gone and asked for first, one that is
// gone and not asked for, a bitfield with and without the builtins, an enumerator.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#define CORE __attribute__((preserve_access_index))
#define SEC(name) __attribute__((section(name), used))
#define EXISTS(field) __builtin_preserve_field_info(field, 2)
#define VALUE(type, name) __builtin_preserve_enum_value(*(type *)name, 1)

struct task_struct {
  int pid, tgid;
  char comm[16];
  long state;
} CORE;
struct task_struct___new {
  u32 __state;
} CORE;
struct sk_buff {
  u8 pkt_type : 3, ip_summed : 2;
  u32 len;
} CORE;
enum hrtimer_mode { HRTIMER_MODE_REL = 3 };

SEC("kprobe/one") int letter(struct task_struct *task) {
  return task->comm[3] + task->pid;
}

SEC("kprobe/two") long state(struct task_struct *task) {
  struct task_struct___new *later = (void *)task;
  if (EXISTS(later->__state)) return later->__state;
  return task->state;
}

SEC("kprobe/two") long old_state(struct task_struct *task) {
  return task->state;
}

SEC("socket") u64 packet(struct sk_buff *packet) {
  return __builtin_preserve_field_info(packet->pkt_type, 0) + __builtin_preserve_field_info(packet->pkt_type, 4) +
         __builtin_preserve_field_info(packet->pkt_type, 5) + packet->len;
}

SEC("socket") int direct(struct sk_buff *packet) {
  return packet->ip_summed;
}

SEC("timer") u64 mode(void) {
  return VALUE(enum hrtimer_mode, HRTIMER_MODE_REL);
}
