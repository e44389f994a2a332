#!/usr/bin/env bash
# The BTF objects of the running kernel are listed and dumped, by id and through programs and maps, as bpftool does.
set -eu
[[ -e /sys/kernel/btf/vmlinux ]] || { echo "the running kernel shows no BTF"; exit 77; }
"$BTFX" list >/dev/null 2>&1 || { echo "bpf() is not permitted"; exit 77; }
work=$(mktemp -d)
cleanup() {
  umount "$work/bpf" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

id=$("$BTFX" list | awk '$3 == "kernel" && $4 == "vmlinux" {print $1}')
"$BTFX" dump id "$id" | cmp - <("$BTFX" dump running)
"$BTFX" -j list | grep -q "{\"id\":$id,\"name\":\"vmlinux\",\"kernel\":true,\"size\":$(stat -c %s /sys/kernel/btf/vmlinux),"
status=0
"$BTFX" dump id 4294967295 2>err || status=$?
[[ $status == 2 && $(<err) == "btfx: error: no BTF object with id '4294967295' in the running kernel" ]]

for tool in clang bpftool; do
  command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
cat >program.c <<'C'
#define SEC(name) __attribute__((section(name), used))
struct value { int a; long b; };
struct { int (*type)[2]; int (*max_entries)[1]; int *key; struct value *value; } btfx_map SEC(".maps");
static void *(*lookup)(void *, const void *) = (void *)1;
SEC("socket") int btfx_program(void *ctx) { int key = 0; return lookup(&btfx_map, &key) != 0; }
char license_text[] SEC("license") = "GPL";
C
clang -target bpf -g -O2 -c program.c -o program.o
mkdir bpf
{ mount -t bpf bpf bpf && bpftool prog load program.o bpf/program; } 2>/dev/null || { echo "no program can be loaded"; exit 77; }
program=$(bpftool -j prog show pinned bpf/program)
field() { sed -E "s/.*\"$1\":\[?\"?([^],\"}]*).*/\1/" <<<"$program"; }
program_id=$(field id) map_id=$(field map_ids) btf_id=$(field btf_id)

"$BTFX" dump id "$btf_id" >wanted
cmp wanted <(bpftool btf dump id "$btf_id")
grep -q "^\[[0-9]*\] VAR 'btfx_map' " wanted
for selector in "id $program_id" "pinned bpf/program" "tag $(field tag)"; do
  # shellcheck disable=SC2086
  cmp wanted <("$BTFX" dump prog $selector)
done
for part in '' key value kv all; do
  # shellcheck disable=SC2086
  cmp <("$BTFX" dump map id "$map_id" $part) <(bpftool btf dump map id "$map_id" $part)
done
[[ $("$BTFX" dump map id "$map_id" value | head -n 1) == *"STRUCT 'value' size=16 vlen=2" ]]
"$BTFX" list | grep -Eq "^ *$btf_id +[0-9]+ user   - +programs $program_id; maps $map_id$"
status=0
"$BTFX" dump map pinned bpf/program 2>err || status=$?
[[ $status == 2 && $(<err) == "btfx: error: bpf/program: is no pinned map" ]]
