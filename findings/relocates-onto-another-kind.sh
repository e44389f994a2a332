#!/usr/bin/env bash
# A struct of a distilled base is relocated onto an enum of the same name: 0 is returned, and the type is taken for it from then on.
#
# btf__relocate matches structs and unions of .BTF.base by their names, and never asks whether what it found is one: a struct
# becomes a union, a forward declaration or an enum, also when the module has it as a parameter by value. From an enum to a struct
# it refuses, as one would expect. The kernel has the same function, so a module loads, and its types mean something else. It
# matters where a tag is reused: C has one name space for the three, so a kernel that turns a struct into a union does this.
# libbpf 1.5.0 (Debian's libbpf1 1:1.5.0-3), compiled with gcc 14.2.0.
. "$(dirname "$0")/lib.sh"
packages gcc-14=14.2.0-19 libc6-dev libbpf-dev=1:1.5.0-3

cat >"$tree/work/relocate.c" <<'C'
#include <bpf/btf.h>
#include <stdio.h>

enum kind { a_struct, a_union, an_enum, a_forward };
static const char *const names[] = {"struct", "union", "enum", "forward"};

/* A kernel with int and one more type, named state. */
static struct btf *kernel(enum kind kind) {
  struct btf *btf = btf__new_empty();
  btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
  if (kind == a_struct) btf__add_struct(btf, "state", 4), btf__add_field(btf, "member", 1, 0, 0);
  if (kind == a_union) btf__add_union(btf, "state", 4), btf__add_field(btf, "member", 1, 0, 0);
  if (kind == an_enum) btf__add_enum(btf, "state", 4), btf__add_enum_value(btf, "STATE_ON", 1);
  if (kind == a_forward) btf__add_fwd(btf, "state", BTF_FWD_UNION);
  return btf;
}

static void relocate(enum kind built_with, enum kind loaded_on) {
  struct btf *module = btf__new_empty_split(kernel(built_with)), *base, *distilled;
  const int proto = btf__add_func_proto(module, 0);
  btf__add_func_param(module, "by_value", 2);
  btf__add_func(module, "function", BTF_FUNC_STATIC, proto);
  if (btf__distill_base(module, &base, &distilled)) return;
  const int result = btf__relocate(distilled, kernel(loaded_on));
  printf("%s -> %s: %d\n", names[built_with], names[loaded_on], result);
}

int main(void) {
  relocate(a_struct, a_struct);
  relocate(a_struct, a_union);
  relocate(a_struct, an_enum);
  relocate(a_struct, a_forward);
  relocate(an_enum, a_struct);
}
C
inside gcc-14 relocate.c -o relocate -lbpf
seen 'what btf__relocate returns' "\
struct -> struct: 0
struct -> union: 0
struct -> enum: 0
struct -> forward: 0
enum -> struct: -22" "$(inside ./relocate 2>/dev/null)"
