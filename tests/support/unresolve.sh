#!/usr/bin/env bash
# Takes the .BTF_ids of a little-endian ELF file back to what the compiler left there, in the file itself: ids and counts
# are 0, and the flags of a set8 stand beside their symbols again. Resolving had sorted them by id.
# Usage: unresolve.sh ELF [BASE]    (BASE: raw BTF; needs readelf and bpftool, and never btfx)
set -euo pipefail
elf=$1
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
read -r number address offset size < <(readelf -SW "$elf" | sed 's/^ *\[ *//; s/\]//' | awk '$2 == ".BTF_ids" { print $1, $4, $5, $6 }')
offset=$((16#$offset)) size=$((16#$size))

{
  [[ $# -lt 2 ]] || bpftool btf dump file "$2"
  bpftool ${2:+-B "$2"} btf dump file "$elf"
} | sed -n "s/^\[\([0-9]*\)\] FUNC '\([^']*\)'.*/\2 \1/p" >"$work/functions"
# Place in the section, size, name.
readelf -sW "$elf" | awk -v section="$number" '$7 == section && $8 ~ /^__BTF_ID__/ { print $2, $3, $8 }' |
  while read -r value bytes name; do echo "$((16#$value - 16#$address)) $((bytes)) $name"; done >"$work/symbols"
od -An -v -tu4 -w4 --endian=little -j "$offset" -N "$size" "$elf" >"$work/words"

awk '
  function fail(text) { print text > "/dev/stderr"; failed = 1; exit 1 }
  FILENAME ~ /functions$/ { if (!($1 in id)) id[$1] = $2; next }
  FILENAME ~ /symbols$/ { place[++count] = $1 / 4; size[count] = $2 / 4; name[count] = $3; next }
  { word[FNR - 1] = $1 }
  END {
    if (failed) exit 1
    total = FNR
    for (s = 1; s <= count; s++) {
      if (name[s] !~ /^__BTF_ID__set8__/) continue
      first = place[s]
      if (word[first] != size[s] / 2 - 1) fail(name[s] " is not resolved")
      delete flags
      for (at = first + 2; at < first + size[s]; at += 2) flags[word[at]] = word[at + 1]
      for (m = 1; m <= count; m++) {
        if (place[m] <= first || place[m] >= first + size[s]) continue
        function_name = name[m]
        sub(/^__BTF_ID__func__/, "", function_name)
        sub(/__[^_]*$/, "", function_name)
        if (!(function_name in id) || !(id[function_name] in flags)) fail(name[m] ": its flags are not found")
        original[place[m] + 1] = flags[id[function_name]]
      }
    }
    for (at in original) word[at] = original[at]
    for (s = 1; s <= count; s++) word[place[s]] = 0
    for (at = 0; at < total; at++)
      for (byte = 0; byte < 4; byte++) printf "\\x%02x", int(word[at] / 256 ^ byte) % 256
  }' "$work/functions" "$work/symbols" "$work/words" >"$work/escaped"
printf '%b' "$(<"$work/escaped")" | dd of="$elf" bs=1 seek="$offset" conv=notrunc status=none
