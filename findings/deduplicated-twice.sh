#!/usr/bin/env bash
# btf__dedup drops more types when it is called a second time on its own result.
#
# A type that occurs in several copies in one BTF has to be the same in each, or the struct that leads to them is kept. The copies are
# compared as they came in: one that holds a pointer to `struct x` and one that holds a pointer to a declaration of it differ, although
# both become the base's in the same call. The struct that leads to both stays, with everything that leads to it. The next call finds
# one copy. In Debian's linux 6.18.15 amd64 this keeps a task_struct and its hundreds of types in modules such as dns_resolver and jbd2,
# 230 of 4,255, and with it a distilled base that fits no other kernel.
# libbpf 1.5.0 (Debian's libbpf1 1:1.5.0-3), compiled with gcc 14.2.0.
. "$(dirname "$0")/lib.sh"
packages gcc-14=14.2.0-19 libc6-dev libbpf-dev=1:1.5.0-3

cat >"$tree/work/dedup.c" <<'C'
#include <bpf/btf.h>
#include <stdio.h>

static int pair_of(struct btf *btf, int first, int second) {
  const int id = btf__add_struct(btf, "whole", 16);
  btf__add_field(btf, "p", first, 0, 0);
  btf__add_field(btf, "q", second, 64, 0);
  return id;
}

int main(void) {
  /* struct x { int i; }; struct part { struct x *x; }; struct whole { struct part *p, *q; }; */
  struct btf *vmlinux = btf__new_empty(), *module;
  const int number = btf__add_int(vmlinux, "int", 4, BTF_INT_SIGNED);
  const int x = btf__add_struct(vmlinux, "x", 4);
  btf__add_field(vmlinux, "i", number, 0, 0);
  const int to_x = btf__add_ptr(vmlinux, x);
  const int of_base = btf__add_struct(vmlinux, "part", 8);
  btf__add_field(vmlinux, "x", to_x, 0, 0);
  const int to_part = btf__add_ptr(vmlinux, of_base);
  pair_of(vmlinux, to_part, to_part);

  /* The same, from two files of which one only declares struct x. */
  module = btf__new_empty_split(vmlinux);
  const int next = btf__type_cnt(module);
  pair_of(module, next + 1, next + 4);
  btf__add_ptr(module, next + 2);
  btf__add_struct(module, "part", 8);
  btf__add_field(module, "x", next + 3, 0, 0);
  btf__add_ptr(module, next + 7);
  btf__add_ptr(module, next + 5);
  btf__add_struct(module, "part", 8);
  btf__add_field(module, "x", next + 6, 0, 0);
  btf__add_ptr(module, x);
  btf__add_fwd(module, "x", BTF_FWD_STRUCT);
  printf("as built: %u\n", btf__type_cnt(module) - btf__type_cnt(vmlinux));
  for (int i = 1; i <= 3; ++i) {
    if (btf__dedup(module, NULL)) return 1;
    printf("after call %d: %u\n", i, btf__type_cnt(module) - btf__type_cnt(vmlinux));
  }
}
C
inside gcc-14 dedup.c -o dedup -lbpf
seen 'types that the module has of its own' "\
as built: 8
after call 1: 1
after call 2: 0
after call 3: 0" "$(inside ./dedup)"
