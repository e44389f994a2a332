#!/usr/bin/env bash
# The BTF objects of the running kernel are listed and dumped, by id and through programs and maps, as bpftool does.
. "$(dirname "$0")/lib.sh"
[[ -e /sys/kernel/btf/vmlinux ]] || skip "the running kernel shows no BTF"
btfx list >/dev/null 2>&1 || skip "bpf() is not permitted"

id=$(btfx list | awk '$3 == "kernel" && $4 == "vmlinux" {print $1}')
same_files <(btfx dump running) <(btfx dump id "$id")
btfx -j list | has - "{\"id\":$id,\"name\":\"vmlinux\",\"kernel\":true,\"size\":$(stat -c %s /sys/kernel/btf/vmlinux),"
expect 2 btfx dump id 4294967295
same "btfx: error: no BTF object with id '4294967295' in the running kernel" "$(<err)"

need clang bpftool jq
cat >program.c <<'C'
#define SEC(name) __attribute__((section(name), used))
struct value { int a; long b; };
struct { int (*type)[2]; int (*max_entries)[1]; int *key; struct value *value; } btfx_map SEC(".maps");
static void *(*lookup)(void *, const void *) = (void *)1;
SEC("socket") int btfx_program_of_tests(void *ctx) { int key = 0; return lookup(&btfx_map, &key) != 0; }
#ifdef NEIGHBOURS
SEC("socket") int btfx_neighbour_one(void *ctx) { return 1; }
SEC("socket") int btfx_neighbour_two(void *ctx) { return 2; }
SEC("socket") int btfx_15_letters(void *ctx) { return 3; }
#endif
char license_text[] SEC("license") = "GPL";
C
clang -target bpf -g -O2 -c program.c -o program.o
mkdir bpf
at_exit "umount -q $work/bpf"
{ mount -t bpf bpf bpf && bpftool prog load program.o bpf/program; } 2>/dev/null || skip "no program can be loaded"
program=$(bpftool -j prog show pinned bpf/program)
field() { sed -E "s/.*\"$1\":\[?\"?([^],\"}]*).*/\1/" <<<"$program"; }
program_id=$(field id) map_id=$(field map_ids) btf_id=$(field btf_id)

btfx dump id "$btf_id" >wanted
same_files <(bpftool btf dump id "$btf_id") wanted
has wanted "^\[[0-9]*\] VAR 'btfx_map' "
# The kernel keeps 15 characters of the name; bpftool finds the rest in the BTF.
for selector in "id $program_id" "pinned bpf/program" "tag $(field tag)" "name btfx_program_of_tests" "name btfx_program_of"; do
  # shellcheck disable=SC2086
  same_files wanted <(btfx dump prog $selector)
done
for part in '' key value kv all; do
  # shellcheck disable=SC2086
  same_files <(bpftool btf dump map id "$map_id" $part) <(btfx dump map id "$map_id" $part)
done
btfx dump map id "$map_id" value | head -n 1 | has - "STRUCT 'value' size=16 vlen=2$"
btfx list | has - -E "^ *$btf_id +[0-9]+ user   - +programs $program_id; maps $map_id$"
for name in btfx_program_of_test btfx_program_of_tests2 btfx_program; do
  expect 2 btfx dump prog name "$name"
  same "btfx: error: no program with name '$name' in the running kernel" "$(<err)"
done
# Names of which the kernel keeps the same characters are told apart by the BTF, one of exactly as many is whole.
clang -target bpf -g -O2 -DNEIGHBOURS -c program.c -o neighbours.o
bpftool prog loadall neighbours.o bpf/neighbours
btf_id=$(bpftool -j prog show pinned bpf/neighbours/btfx_neighbour_two | jq .btf_id)
btfx dump id "$btf_id" >wanted
for name in btfx_neighbour_one btfx_neighbour_two btfx_15_letters; do btfx dump prog name $name | same_files wanted -; done
expect 2 btfx dump prog name btfx_neighbour_
has err "^btfx: error: 2 objects are called 'btfx_neighbour_', among them [0-9]* and [0-9]*: name one by its id$"
expect 2 btfx dump map pinned bpf/program
same "btfx: error: bpf/program: is not a pinned map" "$(<err)"
