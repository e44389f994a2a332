#!/usr/bin/env bash
# The running kernel loads what core says that it loads, libbpf writes the values that core tells, and a program that is
# relocated to a minimal BTF is the same.
. "$(dirname "$0")/lib.sh"
[[ -r /sys/kernel/btf/vmlinux ]] || skip 'the running kernel has no BTF'
need bpftool jq
pins=/sys/fs/bpf/btfx-test-$$
at_exit "rm -rf $pins"
# load NAME [ARGUMENT...]: tries to load an object; what libbpf says is in NAME.log.
load() {
  local name=$1 status=0
  bpftool -d prog loadall "$DATA/bpf/$name.bpf.o" "$pins" "${@:2}" >"$name.log" 2>&1 || status=$?
  rm -rf "$pins"
  return "$status"
}
for name in fileage blockage; do
  said=0 done=0
  btfx --json core "$DATA/bpf/$name.bpf.o" -B running --strict >"$name.json" || said=$?
  load "$name" || done=1
  ! grep -qE "Operation not permitted|can't mount bpf" "$name.log" || skip 'BPF programs may not be loaded here'
  ((said == done)) || fail "$name: core ends with $said, loading with $done" "$(tail -n 20 "$name.log")"

  # `relo #3: patched insn #12 (ALU/ALU64) imm 88 -> 96`, and what is not patched is poisoned.
  sed -nE 's/.*relo #([0-9]+): patched insn #([0-9]+) .* (off|imm|imm64) -?[0-9]+ -> (-?[0-9]+)$/\1 \2 \4/p' "$name.log" |
    sort >patched
  jq -r '.results[] | select(.new != null) | "\(.relocation) \(.program_insn) \(.new)"' "$name.json" | sort >told
  same_files patched told
  sed -nE 's/.*relo #([0-9]+): substituting insn #([0-9]+) .*/\1 \2/p' "$name.log" | sort >poisoned
  jq -r '.results[] | select(.verdict == "poison") | "\(.relocation) \(.program_insn)"' "$name.json" | sort | same_files poisoned -
done

# Only newer versions of bpftool can take the kernel's types from a file.
[[ $(bpftool prog help 2>&1) == *kernel_btf* ]] || exit 0
btfx core "$DATA/bpf/fileage.bpf.o" -B running --minimal small >/dev/null
sed -nE 's/.*(patched|substituting) (insn.*)/\2/p' fileage.log >full
load fileage kernel_btf small || fail "$(<fileage.log)"
sed -nE 's/.*(patched|substituting) (insn.*)/\2/p' fileage.log | same_files full -
