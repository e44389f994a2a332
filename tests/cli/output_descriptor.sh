#!/usr/bin/env bash
# -o /dev/stdout and -o /dev/fd/N write to the descriptor, as a redirection does, and replace nothing.
. "$(dirname "$0")/lib.sh"
cp "$old" base
btfx dump base root_id 1 >line

echo first >log
ln log other
for output in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  btfx dump base root_id 1 -o "$output" >>log
done
same_files <(echo first && cat line line line) log
assert log -ef other
{
  echo first
  btfx dump base root_id 1 -o /dev/stdout
  echo last
} >log
same_files <(echo first && cat line && echo last) log
same "$(<line)" "$(btfx dump base root_id 1 -o /dev/stdout | cat)"

# A file without a name, too.
exec 3<>unnamed
rm unnamed
btfx dump base root_id 1 -o /dev/fd/3
same_files line /dev/fd/3
exec 3>&-
same $'base\nline\nlog\nother' "$(ls -A)"

# What is read by a descriptor has no place where another file could be put.
xz -dc "$DATA/modules/dummy.ko.xz" >dummy.ko
cp dummy.ko before.ko
expect 2 btfx distill /dev/fd/3 -B base --in-place --strip-signature 3<>dummy.ko
same 'btfx: error: /dev/fd/3: is not a file of its own, and so cannot be changed in place; use --output-dir' "$(<err)"
same_files before.ko dummy.ko
