#!/usr/bin/env bash
# -j always prints one document: also when everything failed, and of commands that write one file. A command line that
# makes no sense gets none, and neither does JSON beside BTF on standard output.
source "$(dirname "$0")/lib.sh"

echo 'no BTF at all' >bad.ko
xz -dc "$old" >old.btf
xz -dc "$DATA/modules/dummy.ko.xz" >dummy.ko

# Every item failed.
for command in 'merge -o merged.btf' distill relocate check list; do
  read -ra words <<<"$command"
  base=(-B old.btf)
  [[ $command == list ]] && base=()
  expect 2 btfx -j "${words[@]}" "${base[@]}" bad.ko bad.ko
  same 2 "$(jq '.results | length' out)" "$command"
  same '["bad.ko",true]' "$(jq -c '.results[0] | [.module // .source, has("error")]' out)" "$command"
  same object "$(jq -r '.summary | type' out)" "$command"
done
expect 2 btfx -j merge -o merged.btf -B old.btf bad.ko
has err 'nothing could be merged, so nothing is written$'
same '{"merged":0,"failed":1,"base_types":112748,"module_types":0,"types":0,"bytes":0}' "$(jq -c .summary out)"
assert ! -e merged.btf

# The command as a whole failed.
for command in 'rebase bad.ko -B old.btf -o split.btf' 'rebase old.btf -B missing -o split.btf' 'extract missing -o x' \
  'relocate dummy.ko -B missing' 'merge dummy.ko -B missing -o x' 'resolve-ids bad.ko' 'diff missing old.btf'; do
  read -ra words <<<"$command"
  expect 2 btfx -j "${words[@]}"
  same '[["results","summary"],[],true]' "$(jq -c '[keys, .results, (.summary | has("error"))]' out)" "$command"
done
expect 2 btfx -j extract dummy.ko --no-such-option
assert ! -s out

# Of what is written.
expect 0 btfx -j extract old.btf -o copy.btf
same_files old.btf copy.btf
same '{"results":[{"source":"old.btf","file":"old.btf","section":".BTF","bytes":'"$(stat -c %s old.btf)"\
',"written":["copy.btf"]}],"summary":{"sources":1}}' "$(<out)"
btfx extract "$DATA/out-of-tree/demo-distilled.ko" --section .BTF.base -o small.btf
expect 0 btfx -j rebase small.btf -B old.btf -o split.btf
same "$(jq -nc --argjson bytes "$(stat -c %s split.btf)" --argjson types "$(btfx -j list small.btf | jq '.results[0].types')" \
  '{results: [{source: "small.btf", types: $types, bytes: $bytes, written: ["split.btf"]}], summary: {sources: 1}}')" "$(<out)"

# Where standard output is taken.
for command in 'extract old.btf' 'extract old.btf -o -' 'rebase small.btf -B old.btf -o -' 'merge dummy.ko -B old.btf -o -'; do
  read -ra words <<<"$command"
  expect 2 btfx -j "${words[@]}"
  assert ! -s out
  same 'btfx: error: standard output cannot take both BTF and JSON' "$(<err)" "$command"
done
