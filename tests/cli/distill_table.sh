#!/usr/bin/env bash
# Without a destination a table of sizes is printed, as text and as JSON, and nothing is written.
. "$(dirname "$0")/lib.sh"
cp "$DATA"/modules/{tun,extcon-core}.ko.xz .
cat >wanted <<'END'
     .BTF  NEW-.BTF .BTF.base DISTILLED   MOVED MODULE
     3222      3860       458        17      30 ./extcon-core.ko.xz
     4389      7091      1346        54     112 ./tun.ko.xz
2 modules can be distilled; nothing was written
2 are signed: to be changed, they need --strip-signature
.BTF.base: mean 902.0, standard deviation 444.0, least 458, most 1346, total 1804 bytes
.BTF: 7611 -> 10951 bytes (+3340), by types moved there from the base
distilled: 16 INT, 54 STRUCT, 1 ENUM
END
btfx distill . -B "$old" | same_files wanted -
btfx distill . -B "$old" --dry-run --in-place | same_files wanted -
grep -v 'are signed' wanted >without
btfx distill . -B "$old" --dry-run --in-place --strip-signature | same_files without -
same split "$(btfx list . | awk 'NR > 1 { print $7 }' | sort -u)"
same '{"results":[{"module":"tun.ko.xz","btf_before":4389,"btf_after":7091,'\
'"base":1346,"distilled":54,"moved":112,"signed":true,"already":false,"findings":[],"written":[]}],"summary":{"modules":1,'\
'"errors":0,"refused":0,"already":0,"base_mean":1346.0,"base_deviation":0.0,"base_least":1346,"base_most":1346,"base_total":1346,'\
'"btf_before":4389,"btf_after":7091,"kinds":{"INT":10,"STRUCT":43,"ENUM":1}}}' "$(btfx distill tun.ko.xz -B "$old" -j)"
