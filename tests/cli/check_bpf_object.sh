#!/usr/bin/env bash
# BPF objects as clang leaves them are judged as a loader completes them, with and without a base; real faults remain.
. "$(dirname "$0")/lib.sh"
need clang jq

compile() { # NAME, the source on standard input
  cat >"$1.c"
  clang -g -O2 -target bpf -c "$1.c" -o "$1.o" 2>clang.log || skip "clang cannot compile for BPF: $(<clang.log)"
}

compile global <<'C'
int counter;
static long kept = 5;
__attribute__((section("socket"), used)) int prog(void *ctx) { return ++counter + (kept = -kept); }
char _license[] __attribute__((section("license"))) = "GPL";
C
compile map <<'C'
struct { int (*type)[2]; int *key; long *value; } counts __attribute__((section(".maps"), used));
__attribute__((section("socket"), used)) int prog(void *ctx) { return (long)&counts != 0; }
C
compile ksyms <<'C'
extern int bpf_some_kfunc(void *, int) __attribute__((section(".ksyms")));
extern const void some_symbol __attribute__((section(".ksyms")));
__attribute__((section("socket"), used)) int prog(void *ctx) { return bpf_some_kfunc(ctx, 1) + (&some_symbol != 0); }
C
compile kconfig <<'C'
extern _Bool CONFIG_FLAG __attribute__((section(".kconfig")));
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern char CONFIG_TEXT[8] __attribute__((section(".kconfig")));
__attribute__((section("socket"), used)) int prog(void *ctx) {
  return CONFIG_FLAG ? LINUX_KERNEL_VERSION : CONFIG_TEXT[1];
}
C
said='a BPF object, judged as a loader completes it'
for name in global map ksyms kconfig; do
  btfx check $name.o | has - -xE "ok +$name.o: $said"
  btfx check $name.o -B "$new" | has - -xE "ok +$name.o: $said"
done
btfx -j check global.o >json
same '["standalone",null,["bpf-object"]]' "$(jq -c '.results[0].checks[0] | [.relation, .kernel_error, (.findings | map(.code))]' json)"

# A name that no kernel takes, and no loader mends: as a compiler of another language writes them.
sed 's/counter/c0unter_/g' global.c >named.c
clang -g -O2 -target bpf -c named.c -o named.o
sed -i 's/c0unter_/c0unter>/g' named.o
expect 1 btfx -v check named.o
has out '^invalid .*named.o: the kernel refuses it with EINVAL: .* VAR c0unter> .* Invalid name'
has out "note: $said \[bpf-object\]"
