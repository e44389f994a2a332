#!/usr/bin/env bash
# In place, a module keeps its compression, mode and owner, and all sections but .BTF; what is distilled stays so.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
mkdir modules && cp "$DATA/modules/tun.ko.xz" modules/tun.ko.xz
xz -dc "$DATA/modules/veth.ko.xz" >modules/veth.ko
xz -dc "$DATA/modules/dummy.ko.xz" | gzip >modules/dummy.ko.gz
chmod 640 modules/tun.ko.xz
[[ $EUID != 0 ]] || chown 12:34 modules/tun.ko.xz
owner=$(stat -c %u:%g modules/tun.ko.xz)
cp modules/veth.ko before.ko

"$BTFX" distill modules -B base.btf --in-place --strip-signature >out
[[ $(head -n 1 out) == '3 modules' ]]
[[ $(stat -c %a modules/tun.ko.xz) == 640 && $(stat -c %u:%g modules/tun.ko.xz) == "$owner" ]]
xz -t modules/tun.ko.xz && gzip -t modules/dummy.ko.gz
[[ $("$BTFX" list modules | awk 'NR > 1 { print $7 }' | sort -u) == distilled ]]
[[ $(find . -name '.*.??????') == '' ]]

# Both sections are the ones that --output-dir writes.
"$BTFX" distill before.ko -B base.btf --output-dir sidecars >/dev/null
"$BTFX" extract modules/veth.ko | cmp - sidecars/before.ko.BTF
"$BTFX" extract modules/veth.ko --section .BTF.base | cmp - sidecars/before.ko.BTF.base

# As readelf sees it, one section is new, .BTF and the section names have moved, and nothing else changed.
if command -v readelf >/dev/null; then
  sections() { readelf -SW "$1" | sed -n 's/^ *\[ *\([0-9]*\)\] /\1 /p'; }
  diff <(sections before.ko) <(sections modules/veth.ko) >changes || true
  [[ $(sed -n 's/^> [0-9]* \([^ ]*\) .*/\1/p' changes) == $'.BTF\n.shstrtab\n.BTF.base' ]]
  cmp <(readelf -sW before.ko) <(readelf -sW modules/veth.ko)
  cmp <(readelf -rW before.ko) <(readelf -rW modules/veth.ko)
fi

# A second time leaves the files alone. Asked for, it gives the same sections.
cp -r modules again
"$BTFX" distill again -B base.btf --in-place >out 2>err
[[ $(<out) == '0 of 3 modules distilled, 3 were already' && $(grep -c ': is distilled already' err) == 3 ]]
diff -r again modules
"$BTFX" distill again/veth.ko -B base.btf --in-place --force >/dev/null
"$BTFX" extract again/veth.ko --section .BTF.base | cmp - sidecars/before.ko.BTF.base
"$BTFX" relocate again/veth.ko -B base.btf >/dev/null

# -o takes one module and leaves the input as it is; packages' members cannot be changed in place.
"$BTFX" distill before.ko -B base.btf --strip-signature -o out.ko
cmp out.ko modules/veth.ko
"$BTFX" distill - -B base.btf --strip-signature -o - <before.ko | cmp - out.ko
tar -cf package.tar before.ko
status=0
"$BTFX" distill package.tar -B base.btf --in-place --strip-signature 2>err >/dev/null || status=$?
[[ $status == 2 ]]
grep -qx 'btfx: error: package.tar:before.ko: is no file of its own, and so cannot be changed in place; use --output-dir' err
