// Congestion control of TCP as callbacks of the kernel: a variable that fits its struct; of a type with members that no
// kernel has one that leaves them out, and with -DBAD two that set them and one with a program of another type; and one
// that loaders leave out by default.
#define SEC(name) __attribute__((section(name), used))

struct sock;

#define MEMBERS                                                              \
  unsigned int (*ssthresh)(struct sock *sk);                                 \
  void (*cong_avoid)(struct sock *sk, unsigned int ack, unsigned int acked); \
  unsigned int (*undo_cwnd)(struct sock *sk);                                \
  char name[16];

struct tcp_congestion_ops {
  MEMBERS
};
struct tcp_congestion_ops___more {
  MEMBERS
  int gone;
  void (*gone_too)(struct sock *sk);
};

SEC("struct_ops/ssthresh") unsigned int ssthresh(unsigned long long *context) { return 2; }
SEC("struct_ops/undo_cwnd") unsigned int undo_cwnd(unsigned long long *context) { return 2; }
SEC("struct_ops/cong_avoid") void cong_avoid(volatile unsigned long long *context) { context[2]; }
SEC("?struct_ops/beyond") void beyond(volatile unsigned long long *context) { context[3]; }

SEC(".struct_ops") struct tcp_congestion_ops fits = {
    .ssthresh = (void *)ssthresh, .undo_cwnd = (void *)undo_cwnd, .cong_avoid = (void *)cong_avoid, .name = "fits"};
SEC(".struct_ops") struct tcp_congestion_ops___more zero = {.name = "zero"};
SEC("?.struct_ops") struct tcp_congestion_ops optional = {.cong_avoid = (void *)beyond, .name = "optional"};

#ifdef BAD
SEC("?struct_ops/gone_too") void gone_too(unsigned long long *context) {}
SEC(".struct_ops") struct tcp_congestion_ops___more set = {.name = "set", .gone = 1};
SEC(".struct_ops") struct tcp_congestion_ops___more calls = {.name = "calls", .gone_too = (void *)gone_too};
SEC(".struct_ops") struct tcp_congestion_ops___more shares = {.name = "shares", .ssthresh = (void *)ssthresh};
#endif

char _license[] SEC("license") = "GPL";
