// Reads a struct that only the module nf_conntrack has.
#define CORE __attribute__((preserve_access_index))
#define SEC(name) __attribute__((section(name), used))

struct nf_conntrack_l4proto {
  unsigned char l4proto;
  unsigned short nlattr_size;
} CORE;

SEC("kprobe/one") int protocol(struct nf_conntrack_l4proto *protocol) {
  return protocol->l4proto;
}

SEC("kprobe/two") int id(void) {
  return __builtin_btf_type_id(*(struct nf_conntrack_l4proto *)0, 1);
}
