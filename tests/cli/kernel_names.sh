#!/usr/bin/env bash
# Pictures and texts that are called like a kernel are none, and do not hide one: for -B, --find-base and `list`.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir named plain
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >named/vmlinux-6.12.115
cp named/vmlinux-6.12.115 plain/vmlinux
printf '\x89PNG\r\n\x1a\n' | tee named/image-1.png >plain/image-1.png
tar -czf named/image-2.tar.gz plain/image-1.png
echo 'how to make the image' | tee named/bzImage-howto >plain/image

for directory in named plain; do
  kernel=$(echo $directory/vmlinux*)
  cmp <("$BTFX" dump "$DATA/modules/tun.ko.xz" -B "$directory") <("$BTFX" dump "$DATA/modules/tun.ko.xz" -B "$kernel")
  "$BTFX" check "$DATA/modules/tun.ko.xz" --find-base "$directory" >out 2>err
  grep -q "^$kernel " out
  [[ ! -s err ]] || { cat err; exit 1; }
done
rm named/image-2.tar.gz # which is listed as a package
"$BTFX" list named >out
[[ $(awk 'NR > 1 { print $1, $7, $NF }' out) == '112748 standalone named/vmlinux-6.12.115' ]] || { cat out; exit 1; }
