#!/usr/bin/env bash
# Layouts of a whole kernel have the figures that pahole gives.
. "$(dirname "$0")/lib.sh"
need pahole
xz -dc "$old" >base.btf
btfx dump base.btf format layout >ours
pahole -F btf base.btf >theirs

# For each named struct a line of what is not zero.
figures() {
  awk '
    function figure(label, name) {
      if (match($0, "[*,] " label ": [0-9]+")) {
        value = substr($0, RSTART, RLENGTH)
        sub(/.*: /, "", value)
        if (value > 0) text = text " " name "=" value
      }
    }
    /^struct [a-zA-Z_0-9]+ \{/ { name = $2; text = ""; next }
    /^union/ { name = "" }
    name != "" && /^}/ { print name text; name = "" }
    name == "" || !/^\t\/\* / { next }
    /\/\* size: / { figure("size", "size"); figure("cachelines", "cachelines"); figure("members", "members") }
    /\/\* sum members: / { figure("holes", "holes"); figure("sum holes", "sum_holes") }
    /\/\* sum bitfield/ { figure("sum bit holes", "sum_bit_holes"); sub(/sum bit holes.*/, ""); figure("bit holes", "bit_holes") }
    /\/\* padding: / { figure("padding", "padding") }
    /\/\* bit[ _]padding: / { figure("bit[ _]padding", "bit_padding") }
    /\/\* last cacheline: / { figure("last cacheline", "last") }' "$1" | sort -u
}
# pahole shows structs of one name once, so only those with a name of their own are compared.
awk '/^struct [a-zA-Z_0-9]+ \{/ { print $2 }' ours | sort | uniq -u >names
for side in ours theirs; do figures "$side" | awk 'NR == FNR { wanted[$1] = 1; next } $1 in wanted' names - >"$side.figures"; done
assert "$(wc -l <ours.figures)" -gt 8000
same_files theirs.figures ours.figures
