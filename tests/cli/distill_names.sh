#!/usr/bin/env bash
# Modules by unusual names: several for one file, links to nothing, bytes that are no text.
. "$(dirname "$0")/lib.sh"
need jq
xz -dc "$old" >base.btf
mkdir -p tree/updates tree/weak
xz -dc "$DATA/modules/veth.ko.xz" >tree/updates/veth.ko
ln -s ../updates/veth.ko tree/weak/veth.ko
ln -s ../nowhere/tun.ko tree/weak/tun.ko

# In place a file is done once, by whatever names it is reached.
expect 0 btfx -v distill tree tree/weak/../updates/veth.ko -B base.btf --in-place --strip-signature
same '1 module' "$(head -n 1 out)"
same_files - err <<'END'
btfx: note: tree/weak/veth.ko: is another name of a file that was done
btfx: note: tree/weak/../updates/veth.ko: is another name of a file that was done
END
assert -L tree/weak/veth.ko
assert -L tree/weak/tun.ko
assert ! -L tree/updates/veth.ko
same distilled "$(btfx list tree/updates | awk 'NR > 1 { print $7 }')"

# Control characters do not get to the terminal, and JSON stays valid.
name=$(printf 'odd\033[2J\n\377.ko')
xz -dc "$DATA/modules/dummy.ko.xz" >"$name"
btfx distill "$name" -B base.btf | sed -n 2p >row
printf '      330       676       245         9      16 odd\\x1b[2J\\x0a\\xff.ko\n' | same_files - row
same 1 "$(btfx -j distill "$name" -B base.btf | jq '.results | length')"
btfx distill "$name" -B base.btf --output-dir side >/dev/null
assert -s "side/$name.BTF.base"

# A directory for results that is a file is told before anything is read.
expect 2 btfx distill "$name" -B base.btf --output-dir base.btf
same '' "$(<out)"
same 'btfx: error: base.btf: cannot create the directory: File exists' "$(<err)"
