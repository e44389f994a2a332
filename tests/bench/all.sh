#!/usr/bin/env bash
# Everything that btfx is meant to be fast at, in one run, side by side with what else does it.
#   all.sh [--kernel DIR] [--next DIR] [--rounds N] [--json FILE] [BTFX]
# DIR is an unpacked kernel package (or what `btfx list DIR` reads), with vmlinux or vmlinuz and modules; without --kernel the
# test data are taken, which is too little to tell of more than that the benchmark works. --next is the kernel that modules
# are relocated onto. BTFX: default build/btfx.
#
# Modules are unpacked first, but for the rows that say so. Each answer is checked before a clock is started: dumps equal the
# peer's byte for byte, totals are those of the tree. A row has the median, least and most wall-clock time in milliseconds,
# processor time, peak memory, and how many times slower the peer is. What cannot be measured here is said.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
source "$here/lib.sh"
data=$here/../data
kernel='' next='' rounds=7 json='' btfx=$here/../../build/btfx
while [ $# -gt 0 ]; do
  case $1 in
  --kernel) kernel=$(realpath "${2:?}") && shift ;;
  --next) next=$(realpath "${2:?}") && shift ;;
  --rounds) rounds=${2:?} && shift ;;
  --json) json=$(realpath "${2:?}") && shift ;;
  -*) sed -n '2,/^set/{/^set/!s/^# \?//p}' "$0" && exit 2 ;;
  *) btfx=$1 ;;
  esac
  shift
done
btfx=$(realpath "$btfx")
need hyperfine jq xz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
: >rows

skipped() { printf 'not measured: %s\n' "$1" >&2; }
wrong() { printf 'all.sh: the answer is wrong: %s\n' "$1" >&2 && exit 1; }

# What is measured on.
if [ -n "$kernel" ]; then
  "$btfx" extract "$kernel" -o vmlinux
  packed=$kernel
else
  xz -dc "$data/vmlinux-6.12.115.btf.xz" >vmlinux
  packed=$data/modules
fi
if [ -n "$next" ]; then "$btfx" extract "$next" -o next; else xz -dc "$data/vmlinux-6.12.117.btf.xz" >next; fi
unpack_modules "$packed" "$work/modules"
find -L modules -name '*.ko' -type f | sort >names
count=$(wc -l <names)
small=$(find -L modules -name '*.ko' -type f -size -60k | sort | sed -n 1p)
small=${small:-$(sed -n 1p names)}

row() { # LABEL COMMAND [PEER COMMAND]
  local ours theirs=null
  ours=$(figures "$2")
  [ $# -lt 4 ] || theirs=$(figures "$4")
  jq -nc --arg work "$1" --arg peer "${3-}" --argjson btfx "$ours" --argjson theirs "$theirs" \
    '{work: $work, btfx: $btfx} + if $peer == "" then {} else {peer: $peer, theirs: $theirs, times: ($theirs.wall / $btfx.wall)} end' >>rows
}

# The answers.
types=$("$btfx" -j list vmlinux | jq '.results[0].types')
[ "$("$btfx" check modules -B vmlinux -j | jq .summary.modules)" = "$count" ] || wrong "check does not count $count modules"
bpftool=''
if command -v bpftool >/dev/null; then
  bpftool="bpftool $(bpftool version | sed -n '1s/.* v//p')"
  cmp <(bpftool btf dump file vmlinux) <("$btfx" dump vmlinux) || wrong "the raw dump is not bpftool's"
  cmp <(bpftool -B vmlinux btf dump file "$small") <("$btfx" dump "$small" -B vmlinux) || wrong "the dump of $small is not bpftool's"
else
  skipped 'bpftool, which is not installed'
fi

peer() { # LABEL OURS THEIRS
  if [ -n "$bpftool" ]; then row "$1" "$2" "$bpftool" "$3"; else row "$1" "$2"; fi
}
peer 'raw dump of vmlinux' "$btfx dump vmlinux" 'bpftool btf dump file vmlinux'
peer 'JSON' "$btfx -j dump vmlinux" 'bpftool -j btf dump file vmlinux'
peer 'C, sorted' "$btfx dump vmlinux format c" 'bpftool btf dump file vmlinux format c'
row 'C++, sorted' "$btfx dump vmlinux format c --cplusplus"
row 'header of ten names' "$btfx dump vmlinux format c name task_struct,sk_buff,file,inode,dentry,sock,page,bio,request,net_device"
row 'layout of all structs' "$btfx dump vmlinux format layout"
peer 'one small module on vmlinux' "$btfx dump $small -B vmlinux" "bpftool -B vmlinux btf dump file $small"
peer '--version' "$btfx --version" 'bpftool --version'
row "list" "$btfx list modules"
row "check" "$btfx check modules -B vmlinux"
row "check --bloat" "$btfx check modules -B vmlinux --bloat"
row "distill --dry-run" "$btfx distill modules -B vmlinux --dry-run"
row "relocate --from --dry-run" "$btfx relocate modules --from vmlinux -B next --dry-run"
row "dedup --dry-run" "$btfx dedup modules -B vmlinux --dry-run"
row "merge" "$btfx merge modules -B vmlinux -o merged"
row "diff of two vmlinux" "$btfx diff vmlinux next"

# Compressed modules beside taking off their compression, on as many threads.
if [ -n "$(find "$packed" -name '*.ko.xz' -type f -print -quit)" ]; then
  ln -s "$packed" packed
  printf '#!/bin/sh\nfind packed/ -name "*.ko.xz" -print0 | xargs -0 -P %s -n 100 xz -dc\n' "$(nproc)" >unpack
  chmod +x unpack
  row 'check, .ko.xz' "$btfx check packed/ -B vmlinux" 'xz -dc on all processors' ./unpack
else
  skipped 'compressed modules: the tree has none with xz'
fi
skipped "libbpf's btf__dedup(), which takes a minute for a whole kernel: see dedup.sh"
skipped "libbpf's btf__relocate(): see transform.sh"

printf '%s types in vmlinux, %s modules; %s rounds, %s processors, %s\n' "$types" "$count" "$rounds" "$(nproc)" "$("$btfx" --version | head -n 1)"
jq -r '[.work, (.btfx | .wall, .least, .most, .cpu, .memory), .peer // "", .theirs.wall // "", .theirs.memory // "", .times // ""] | @tsv' rows |
  awk -F '\t' 'BEGIN {
    print "| work | ms | least to most | CPU ms | MB | peer | ms | MB | times |"
    print "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
  }
  { printf "| %s | %.1f | %.1f to %.1f | %.1f | %.0f |", $1, $2, $3, $4, $5, $6
    if ($7 == "") print " | | | |"; else printf " %s | %.1f | %.0f | %.1f |\n", $7, $8, $9, $10 }'
[ -z "$json" ] || jq -s --arg version "$("$btfx" --version | head -n 1)" --argjson types "$types" --argjson modules "$count" \
  --argjson rounds "$rounds" '{version: $version, types: $types, modules: $modules, rounds: $rounds, results: .}' rows >"$json"
