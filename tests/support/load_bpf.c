// Loads BPF objects into the running kernel with libbpf, and says for each `loads`, `fails`, or `denied` where a policy of
// the system forbids it; and why on standard error.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int print(enum libbpf_print_level level, const char *format, va_list arguments) {
  return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, arguments);
}

// Whether this process may load anything.
static int may_load(void) {
  const struct bpf_insn nothing[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
  return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "nothing", "GPL", nothing, 2, NULL) >= 0;
}

int main(int count, char **names) {
  int i;

  libbpf_set_print(print);
  if (!may_load()) {
    fprintf(stderr, "BPF programs may not be loaded here\n");
    return 77;
  }
  for (i = 1; i < count; ++i) {
    struct bpf_object *object = bpf_object__open_file(names[i], NULL);
    const int error = object == NULL ? -errno : bpf_object__load(object);

    fprintf(stderr, "== %s\n", names[i]);
    printf("%s %s\n", names[i], error == 0 ? "loads" : error == -EPERM ? "denied" : "fails");
    if (object != NULL) bpf_object__close(object);
  }
  return 0;
}
