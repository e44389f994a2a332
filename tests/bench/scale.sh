#!/usr/bin/env bash
# How time and memory grow with the number of modules and of kernels.
#   scale.sh --kernel DIR [--rounds N] [--svg FILE] [BTFX]
# DIR is an unpacked kernel package (or what `btfx list DIR` reads), with vmlinux or vmlinuz and modules. It takes 100 and
# 1,000 of the modules, evenly spread, all of them, and four copies of all, unpacked; and 1 to 64 copies of the vmlinux.
# Copies are links, so that the clock does not count disks. A row has the median wall-clock time and processor time in
# milliseconds, and the peak memory. --svg draws them. BTFX: default build/btfx.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
source "$here/lib.sh"
kernel='' rounds=3 svg='' btfx=$here/../../build/btfx
while [ $# -gt 0 ]; do
  case $1 in
  --kernel) kernel=$(realpath "${2:?}") && shift ;;
  --rounds) rounds=${2:?} && shift ;;
  --svg) svg=$(realpath "${2:?}") && shift ;;
  -*) kernel='' && break ;;
  *) btfx=$1 ;;
  esac
  shift
done
[ -n "$kernel" ] || { sed -n '2,/^set/{/^set/!s/^# \?//p}' "$0" && exit 2; }
btfx=$(realpath "$btfx")
need hyperfine jq
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$btfx" extract "$kernel" -o vmlinux
unpack_modules "$kernel" "$work/all"
find all -name '*.ko' -type f | sort >names
count=$(wc -l <names)
for few in 100 1000; do
  ((few < count)) || continue
  mkdir "few$few"
  awk -v few="$few" -v all="$count" 'NR * few % all < few' names | xargs cp -l --parents -t "few$few"
done
mkdir four kernels
for copy in 1 2 3 4; do cp -al all "four/$copy"; done
for copy in $(seq 64); do ln vmlinux "kernels/$(printf '%02d' "$copy").btf"; done

: >rows
measure() { # AXIS COMMAND COUNT ARGUMENT...
  local axis=$1 name=$2 number=$3 line
  shift 3
  line=$(figures "$btfx $*" | jq -r '[.wall, .cpu, .memory] | @tsv')
  printf '%s\t%s\t%s\t%s\n' "$axis" "$name" "$number" "$line" >>rows
}
for tree in few100 few1000 all four; do
  [ -d "$tree" ] || continue
  number=$(find "$tree" -name '*.ko' -type f | wc -l)
  measure modules list "$number" list "$tree"
  measure modules check "$number" check "$tree" -B vmlinux
  measure modules 'distill' "$number" distill "$tree" -B vmlinux --dry-run
  measure modules 'dedup' "$number" dedup "$tree" -B vmlinux --dry-run
done
for number in 1 2 4 8 16 32 64; do
  mapfile -t some < <(find kernels -name '*.btf' | sort | head -n "$number")
  measure kernels core "$number" core "$here/../data/bpf/probe.bpf.o" "${some[@]/#/-B }"
  measure kernels list "$number" list "${some[@]}"
done

printf '| axis | command | number | ms | CPU ms | MB |\n| --- | --- | --- | --- | --- | --- |\n'
awk -F '\t' '{ printf "| %s | %s | %d | %.1f | %.1f | %.0f |\n", $1, $2, $3, $4, $5, $6 }' rows
[ -n "$svg" ] || exit 0

# Four fields: time above, memory below; modules to the left, kernels to the right. Axes begin at zero, so that what is
# linear is straight.
awk -F '\t' '
  function value(row, what) { return what == "time" ? ms[row] : mb[row] }
  function field(axis, what, left, top,    i, j, x, y, largest_x, largest_y, number, line, shown) {
    for (i = 1; i <= NR; i++) {
      if (axes[i] != axis) continue
      if (numbers[i] > largest_x) largest_x = numbers[i]
      if (value(i, what) > largest_y) largest_y = value(i, what)
    }
    largest_y *= 1.08
    printf "<path d=\"M%d %dv%dh%d\" fill=\"none\" stroke=\"#666\"/>\n", left, top, height, width
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d %s</text>\n", left - 4, top + 4, largest_y, what == "time" ? "ms" : "MB"
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n", left - 4, top + height
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d %s</text>\n", left + width, top + height + 14, largest_x, axis
    number = 0
    for (i = 1; i <= NR; i++) {
      if (axes[i] != axis || commands[i] in shown) continue
      shown[commands[i]] = 1
      line = ""
      for (j = 1; j <= NR; j++) {
        if (axes[j] != axis || commands[j] != commands[i]) continue
        x = left + numbers[j] / largest_x * width
        y = top + height - value(j, what) / largest_y * height
        line = line (line == "" ? "M" : "L") sprintf("%.1f %.1f", x, y)
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"%s\"/>\n", x, y, colours[number % 4 + 1]
      }
      printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", line, colours[number % 4 + 1]
      printf "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", left + width + 5, y + 4, colours[number % 4 + 1], commands[i]
      number++
    }
  }
  { axes[NR] = $1; commands[NR] = $2; numbers[NR] = $3; ms[NR] = $4; mb[NR] = $6 }
  END {
    split("#1b6ca8 #b03a2e #1e8449 #7d3c98", colours, " ")
    width = 250; height = 150
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"420\" font-family=\"sans-serif\" font-size=\"11\">"
    print "<rect width=\"760\" height=\"420\" fill=\"white\"/>"
    field("modules", "time", 70, 20); field("kernels", "time", 440, 20)
    field("modules", "memory", 70, 220); field("kernels", "memory", 440, 220)
    print "</svg>"
  }' rows >"$svg"
