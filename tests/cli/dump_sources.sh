#!/usr/bin/env bash
# One kernel's BTF prints the same, whatever it is wrapped in; of packages and directories the kernel image is taken.
. "$(dirname "$0")/lib.sh"
need objcopy ar tar zstd
xz -dc "$old" >raw
btfx dump raw >wanted
gives_wanted() { btfx dump "$1" | same_files wanted - "the dump of $1"; } # SOURCE
objcopy -I binary -O elf64-x86-64 --rename-section .data=.BTF raw vmlinux
zstd -q vmlinux
gives_wanted vmlinux
gives_wanted vmlinux.zst
gives_wanted "$old"
btfx extract raw --byte-order big -o big
gives_wanted big

# The boot protocol's header: 4 sectors of setup code; version 2.15; where the payload is, and how long.
word() { for bits in 0 8 16 24; do printf %b "\\x$(printf %02x $(($1 >> bits & 255)))"; done; }
{ cat vmlinux.zst && word "$(stat -c %s vmlinux)"; } >payload
head -c 4096 /dev/zero >vmlinuz
at() { dd of=vmlinuz bs=1 seek=$(($1)) conv=notrunc status=none; }
printf '\x04' | at 0x1f1
printf '\x55\xaa' | at 0x1fe
printf 'HdrS\x0f\x02' | at 0x202
word 1536 | at 0x248
word "$(stat -c %s payload)" | at 0x24c
cat payload >>vmlinuz
gives_wanted vmlinuz

mkdir -p package/boot package/lib/modules/6.12.115/kernel
cp vmlinuz package/boot/vmlinuz-6.12.115
cp "$DATA/modules/dummy.ko.xz" package/lib/modules/6.12.115/kernel
gives_wanted package
tar -C package --zstd -cf data.tar.zst .
gives_wanted data.tar.zst
gives_wanted - <data.tar.zst
tar -cJf control.tar.xz wanted
echo 2.0 >debian-binary
ar rc package.deb debian-binary control.tar.xz data.tar.zst
gives_wanted package.deb
same "btfx: note: package.deb: taken is package.deb:boot/vmlinuz-6.12.115
[1] INT 'long unsigned int' size=8 bits_offset=0 nr_bits=64 encoding=(none)" "$(btfx -v dump package.deb root_id 1 2>&1)"

mkdir empty
expect 2 btfx dump empty
same 'btfx: error: empty: directory has no kernel image in it' "$(<err)"
