// How long do block requests take, and on which partition? Written on Linux 6.1, and never tried elsewhere.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

// Since Linux 6.10 the number of a partition shares a word with flags.
struct block_device___numbered {
  u8 bd_partno;
} __attribute__((preserve_access_index));

struct place {
  u32 disk, operation;
  u8 partition;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct place);
  __type(value, u64);
} nanoseconds SEC(".maps");

SEC("raw_tp/block_rq_complete")
int completed(struct bpf_raw_tracepoint_args *arguments) {
  struct request *request = (void *)arguments->args[0];
  struct block_device *part = BPF_CORE_READ(request, part);
  struct place place = {
      .disk = BPF_CORE_READ(request, q, disk, major),
      .operation = BPF_CORE_READ(request, cmd_flags) & 0xff,
  };
  if (place.operation == bpf_core_enum_value(enum req_op, REQ_OP_DISCARD)) return 0;
  struct block_device___numbered *numbered = (void *)part;
  place.partition = BPF_CORE_READ(numbered, bd_partno);
  u64 none = 0, *spent = bpf_map_lookup_elem(&nanoseconds, &place);
  if (!spent) {
    bpf_map_update_elem(&nanoseconds, &place, &none, BPF_NOEXIST);
    spent = bpf_map_lookup_elem(&nanoseconds, &place);
    if (!spent) return 0;
  }
  *spent += bpf_ktime_get_ns() - BPF_CORE_READ(request, io_start_time_ns);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
