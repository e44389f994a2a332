#!/usr/bin/env bash
# Modules by unusual names: several for one file, links to nothing, bytes that are no text.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
mkdir -p tree/updates tree/weak
xz -dc "$DATA/modules/veth.ko.xz" >tree/updates/veth.ko
ln -s ../updates/veth.ko tree/weak/veth.ko
ln -s ../nowhere/tun.ko tree/weak/tun.ko

# In place a file is done once, by whatever names it is reached.
"$BTFX" -v distill tree tree/weak/../updates/veth.ko -B base.btf --in-place --strip-signature >out 2>err
[[ $(head -n 1 out) == '1 module' ]]
diff err - <<'END'
btfx: note: tree/weak/veth.ko: is another name of a file that was done
btfx: note: tree/weak/../updates/veth.ko: is another name of a file that was done
END
[[ -L tree/weak/veth.ko && -L tree/weak/tun.ko && ! -L tree/updates/veth.ko ]]
[[ $("$BTFX" list tree/updates | awk 'NR > 1 { print $7 }') == distilled ]]

# Control characters do not get to the terminal, and JSON stays valid.
name=$(printf 'odd\033[2J\n\377.ko')
xz -dc "$DATA/modules/dummy.ko.xz" >"$name"
"$BTFX" distill "$name" -B base.btf | sed -n 2p >row
printf '      330       676       245         9      16 odd\\x1b[2J\\x0a\377.ko\n' | cmp - row
"$BTFX" -j distill "$name" -B base.btf | jq -e '.results | length == 1' >/dev/null
"$BTFX" distill "$name" -B base.btf --output-dir side >/dev/null
[[ -s side/$name.BTF.base ]]

# A directory for results that is a file is told before anything is read.
status=0
"$BTFX" distill "$name" -B base.btf --output-dir base.btf >out 2>err || status=$?
[[ $status == 2 && ! -s out && $(<err) == 'btfx: error: base.btf: cannot create the directory: File exists' ]]
