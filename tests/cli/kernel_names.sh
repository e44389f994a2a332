#!/usr/bin/env bash
# Pictures and texts that are called like a kernel are none, and do not hide one: for -B, --find-base and `list`.
. "$(dirname "$0")/lib.sh"
mkdir named plain
xz -dc "$old" >named/vmlinux-6.12.115
cp named/vmlinux-6.12.115 plain/vmlinux
printf '\x89PNG\r\n\x1a\n' | tee named/image-1.png >plain/image-1.png
tar -czf named/image-2.tar.gz plain/image-1.png
echo 'how to make the image' | tee named/bzImage-howto >plain/image

for directory in named plain; do
  kernel=$(echo $directory/vmlinux*)
  same_files <(btfx dump "$DATA/modules/tun.ko.xz" -B "$directory") <(btfx dump "$DATA/modules/tun.ko.xz" -B "$kernel")
  expect 0 btfx check "$DATA/modules/tun.ko.xz" --find-base "$directory"
  has out "^$kernel "
  same '' "$(<err)"
done
rm named/image-2.tar.gz # which is listed as a package
btfx list named >out
same '112748 standalone named/vmlinux-6.12.115' "$(awk 'NR > 1 { print $1, $7, $NF }' out)"
