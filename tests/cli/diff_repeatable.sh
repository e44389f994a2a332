#!/usr/bin/env bash
# label: slow
# What has nothing in common leaves much to choose from, and each run chooses the same.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >base.btf
pairs=("$DATA/modules/e1000.ko.xz $DATA/modules/nf_conntrack.ko.xz" "$DATA/bpf/fileage.bpf.o base.btf"
  "base.btf $DATA/bpf/fileage.bpf.o")
for pair in "${pairs[@]}"; do
  read -r before after <<<"$pair"
  base=()
  if [[ $before == *.ko.xz ]]; then base=(-B base.btf); fi
  for run in 1 2; do
    expect 1 btfx diff "$before" "$after" "${base[@]}"
    mv out "$run.txt"
    expect 1 btfx -j diff "$before" "$after" "${base[@]}"
    mv out "$run.json"
  done
  assert "$(wc -l <1.txt)" -gt 100
  same_files 1.txt 2.txt
  same_files 1.json 2.json
done
