#!/usr/bin/env bash
# What has nothing in common leaves much to choose from, and each run chooses the same.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
pairs=("$DATA/modules/e1000.ko.xz $DATA/modules/nf_conntrack.ko.xz" "$DATA/bpf/fileage.bpf.o base.btf"
  "base.btf $DATA/bpf/fileage.bpf.o")
for pair in "${pairs[@]}"; do
  read -r before after <<<"$pair"
  base=()
  if [[ $before == *.ko.xz ]]; then base=(-B base.btf); fi
  for run in 1 2; do
    "$BTFX" diff "$before" "$after" "${base[@]}" >"$run.txt" && exit 1
    "$BTFX" -j diff "$before" "$after" "${base[@]}" >"$run.json" && exit 1
  done
  [[ $(wc -l <1.txt) -gt 100 ]]
  cmp 1.txt 2.txt
  cmp 1.json 2.json
done
