#!/usr/bin/env bash
# What users of bpftool and pahole type works, or is answered by a line to paste; -q leaves only the status of a report.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >vmlinux

# bpftool's words.
btfx dump file vmlinux name list_head >wanted
expect 0 btfx btf dump file vmlinux name list_head
same_files wanted out
btfx list vmlinux >wanted
for word in ls show info; do
  expect 0 btfx "$word" vmlinux
  same_files wanted out
  expect 0 btfx btf "$word" vmlinux
  same_files wanted out
done
for word in verify validate; do expect 0 btfx "$word" "$DATA/modules/dummy.ko.xz" -B vmlinux; done
expect 0 btfx compare vmlinux vmlinux
expect 0 btfx version
same "$(btfx --version)" "$(<out)"

# What is answered by a line works as it is.
expect 2 btfx gen min_core_btf vmlinux small.btf probe.o
same "btfx: error: unknown command 'gen'; use: btfx core probe.o -B vmlinux --minimal small.btf (see 'btfx --help')" "$(<err)"
expect 2 btfx header vmlinux
line=$(sed 's/.*use: btfx \(.*\) (see .*/\1/' err)
same 'dump vmlinux format c -o vmlinux.h' "$line"
# shellcheck disable=SC2086
expect 0 btfx $line
has vmlinux.h -x 'struct list_head {'
expect 2 btfx dump vmlinux list_head
has err -F "; for the type of that name use: name list_head (see 'btfx dump --help')"

# pahole's option, and names as a list.
btfx dump vmlinux format layout name list_head >wanted
expect 0 btfx dump vmlinux -C list_head
same_files wanted out
expect 2 btfx -C list_head vmlinux
same "btfx: error: unknown option '-C'; use: btfx dump vmlinux format layout name list_head (see 'btfx --help')" "$(<err)"
btfx dump vmlinux name list_head name hlist_head >wanted
expect 0 btfx dump vmlinux name list_head,hlist_head
same_files wanted out

# With -q a report is not printed, as text or as JSON; data is.
expect 0 btfx -q list vmlinux
same '' "$(<out)$(<err)"
expect 0 btfx check "$DATA/modules/dummy.ko.xz" -B vmlinux -qj
same '' "$(<out)$(<err)"
expect 0 btfx diff vmlinux vmlinux -q
same '' "$(<out)$(<err)"
expect 1 btfx diff -q "$old" "$new"
same '' "$(<out)$(<err)"
expect 2 btfx list -q vmlinux nosuch
same '' "$(<out)"
same 'btfx: error: nosuch: cannot open: No such file or directory' "$(<err)"
expect 0 btfx distill -q "$DATA/modules/dummy.ko.xz" -B vmlinux
same '' "$(<out)"
expect 0 btfx -q extract vmlinux
same_files vmlinux out

# What the completions of the shells ask.
expect 0 btfx __complete 'task_struct*' -- dump vmlinux name task_struct
same $'task_struct\ntask_struct__safe_rcu' "$(<out)"
expect 0 btfx __complete 'task_struct*' -- dump nosuch name task_struct
same '' "$(<out)$(<err)"
if btfx -j list >running.json 2>/dev/null; then
  expect 0 btfx __complete '*' -- dump id
  same "$(jq -r '.results[].id' running.json)" "$(<out)"
else
  expect 1 btfx __complete '*' -- dump map id
  same '' "$(<out)$(<err)"
fi
