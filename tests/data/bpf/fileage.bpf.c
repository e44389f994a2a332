// Who opens which file, and how old is it? Loads on kernels old and new: what has changed is asked for first.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

// Before Linux 6.11 the times of an inode were a struct each.
struct inode___timespec {
  struct timespec64 i_mtime;
} __attribute__((preserve_access_index));

// What came with Linux 5.8, and is cheaper than perf events; only that it exists is of interest.
struct bpf_ringbuf___any {};

struct event {
  u64 inode, started;
  s64 modified;
  u32 process, parent, opens, flags;
  char command[TASK_COMM_LEN], name[32];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(u32));
  __uint(value_size, sizeof(u32));
} events SEC(".maps");

static s64 modified(struct inode *inode) {
  if (bpf_core_field_exists(inode->i_mtime_sec)) return BPF_CORE_READ(inode, i_mtime_sec);
  struct inode___timespec *older = (void *)inode;
  return BPF_CORE_READ(older, i_mtime.tv_sec);
}

SEC("kprobe/vfs_open")
int BPF_KPROBE(opened, const struct path *path, struct file *file) {
  struct task_struct *task = (void *)bpf_get_current_task();
  struct dentry *dentry = BPF_CORE_READ(path, dentry);
  struct inode *inode = BPF_CORE_READ(dentry, d_inode);
  struct event event = {
      .inode = BPF_CORE_READ(inode, i_ino),
      .started = BPF_CORE_READ(task, group_leader, start_time),
      .modified = modified(inode),
      .process = BPF_CORE_READ(task, tgid),
      .parent = BPF_CORE_READ(task, real_parent, tgid),
      .flags = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait),
  };
  // Linux 6.13 made the counter a type of its own.
  if (bpf_core_field_exists(file->f_count)) event.opens = BPF_CORE_READ(file, f_count.counter);
  BPF_CORE_READ_STR_INTO(&event.command, task, comm);
  BPF_CORE_READ_STR_INTO(&event.name, dentry, d_name.name);
  if (bpf_core_type_exists(struct bpf_ringbuf___any) &&
      bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF))
    event.flags |= 2;
  bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof event);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
