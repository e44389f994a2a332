#!/usr/bin/env bash
# In place, a module keeps its compression, mode and owner, and all sections but .BTF; what is distilled stays so.
. "$(dirname "$0")/lib.sh"
need readelf
xz -dc "$old" >base.btf
mkdir modules && cp "$DATA/modules/tun.ko.xz" modules/tun.ko.xz
xz -dc "$DATA/modules/veth.ko.xz" >modules/veth.ko
xz -dc "$DATA/modules/dummy.ko.xz" | gzip >modules/dummy.ko.gz
chmod 640 modules/tun.ko.xz
[[ $EUID != 0 ]] || chown 12:34 modules/tun.ko.xz
owner=$(stat -c %u:%g modules/tun.ko.xz)
cp modules/veth.ko before.ko

btfx distill modules -B base.btf --in-place --strip-signature >out
same '3 modules' "$(head -n 1 out)"
same 640 "$(stat -c %a modules/tun.ko.xz)"
same "$owner" "$(stat -c %u:%g modules/tun.ko.xz)"
xz -t modules/tun.ko.xz
gzip -t modules/dummy.ko.gz
same distilled "$(btfx list modules | awk 'NR > 1 { print $7 }' | sort -u)"
same '' "$(find . -name '.*.??????')"

# Both sections are the ones that --output-dir writes.
btfx distill before.ko -B base.btf --output-dir sidecars >/dev/null
btfx extract modules/veth.ko | same_files sidecars/before.ko.BTF -
btfx extract modules/veth.ko --section .BTF.base | same_files sidecars/before.ko.BTF.base -

# As readelf sees it, one section is new, .BTF and the section names have changed, and others at most their place.
sections() { readelf -SW "$1" | sed -n 's/\( [0-9a-f]\{16\}\) [0-9a-f]\{6,\} /\1 /; s/^ *\[ *\([0-9]*\)\] /\1 /p'; }
relocations() { readelf -rW "$1" | sed 's/ at offset 0x[0-9a-f]* / /'; }
expect 1 diff <(sections before.ko) <(sections modules/veth.ko)
same $'.BTF\n.shstrtab\n.BTF.base' "$(sed -n 's/^> [0-9]* \([^ ]*\) .*/\1/p' out)"
same_files <(readelf -sW before.ko) <(readelf -sW modules/veth.ko)
same_files <(relocations before.ko) <(relocations modules/veth.ko)

# A second time leaves the files alone. Asked for, it gives the same sections.
cp -r modules again
expect 0 btfx distill again -B base.btf --in-place
same '0 of 3 modules distilled, 3 were distilled before' "$(<out)"
same 3 "$(count err ': is distilled already')"
expect 0 diff -r again modules
btfx distill again/veth.ko -B base.btf --in-place --force >/dev/null
btfx extract again/veth.ko --section .BTF.base | same_files sidecars/before.ko.BTF.base -
btfx relocate again/veth.ko -B base.btf >/dev/null

# -o takes one module and leaves the input as it is; packages' members cannot be changed in place.
btfx distill before.ko -B base.btf --strip-signature -o out.ko
same_files modules/veth.ko out.ko
btfx distill - -B base.btf --strip-signature -o - <before.ko | same_files out.ko -
tar -cf package.tar before.ko
expect 2 btfx distill package.tar -B base.btf --in-place --strip-signature
has err -x 'btfx: error: package.tar:before.ko: is not a file of its own, and so cannot be changed in place; use --output-dir'
