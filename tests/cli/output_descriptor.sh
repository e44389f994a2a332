#!/usr/bin/env bash
# -o /dev/stdout and -o /dev/fd/N write to the descriptor, as a redirection does, and replace nothing.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$DATA/vmlinux-6.12.115.btf.xz" base
"$BTFX" dump base root_id 1 >line

echo first >log
ln log other
for output in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  "$BTFX" dump base root_id 1 -o "$output" >>log
done
cmp log <(echo first && cat line line line)
[[ log -ef other ]]
{
  echo first
  "$BTFX" dump base root_id 1 -o /dev/stdout
  echo last
} >log
cmp log <(echo first && cat line && echo last)
[[ $("$BTFX" dump base root_id 1 -o /dev/stdout | cat) == "$(<line)" ]]

# A file without a name, too.
exec 3<>unnamed
rm unnamed
"$BTFX" dump base root_id 1 -o /dev/fd/3
cmp /dev/fd/3 line
exec 3>&-
[[ $(ls -A) == $'base\nline\nlog\nother' ]]

# What is read by a descriptor has no place where another file could be put.
xz -dc "$DATA/modules/dummy.ko.xz" >dummy.ko
cp dummy.ko before.ko
status=0
"$BTFX" distill /dev/fd/3 -B base --in-place --strip-signature 3<>dummy.ko >/dev/null 2>err || status=$?
[[ $status == 2 ]]
[[ $(<err) == 'btfx: error: /dev/fd/3: is no file of its own, and so cannot be changed in place; use --output-dir' ]]
cmp dummy.ko before.ko
