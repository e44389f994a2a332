#!/usr/bin/env bash
# A C header of chosen types holds these, with what they need; options change what bpftool's would be.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf

types() { # ARGUMENT...: the types of a header, without its frame
  "$BTFX" dump base.btf format c "$@" | awk '/^#pragma clang attribute pop/ { exit } show; /^#define __bpf_fastcall$/ { show = 1 }' |
    sed '1,/^$/d' | sed '$d'
}
cat >wanted <<'END'
struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

END
types name list_head | diff wanted -
types name 'list_hea?' kind struct | diff wanted -

cat >wanted <<'END'
struct hlist_node;

struct hlist_head {
	struct hlist_node *first;
};

END
types name hlist_head | diff wanted -

"$BTFX" dump base.btf format c name list_head --guard LIST_H --no-preserve-access-index >header
[[ $(head -2 header) == $'#ifndef LIST_H\n#define LIST_H' ]]
[[ $(tail -1 header) == '#endif /* LIST_H */' ]]
lacks() { # PATTERN
  if grep -q "$1"; then
    echo "there should be no '$1'" >&2
    exit 1
  fi
}
lacks preserve_access_index <header
"$BTFX" dump base.btf format c --no-kfuncs | lacks 'BPF kfuncs'
"$BTFX" dump base.btf format c name list_head --kfuncs | lacks 'BPF kfuncs' # this kernel tags none

# What is named in full is declared all the same, unless a type has the name as well; what matches nothing is said.
cat >wanted <<'END'
struct task_struct;


/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __weak __ksym;
#endif

END
types name bpf_task_acquire name task_strct 2>errors | diff wanted -
[[ $(<errors) == "btfx: warning: no type has a name like 'task_strct'" ]]
types name 'bpf_task_acquir?' | lacks extern
types name bpf_task_acquire --no-kfuncs | lacks extern
types name bpf_iter_task | lacks extern # a struct and a function
[[ $(types name bpf_iter_task name 'bpf_*' kind func | grep -c '^extern') == 1 ]]

id=$("$BTFX" dump base.btf name list_head kind struct | sed -n 's/^\[\([0-9]*\)\].*/\1/p')
"$BTFX" dump base.btf format c root_id "$id" | grep -q '^struct list_head {$'

# Without sorting, types come by their ids: the first named type of all is the one with the least.
"$BTFX" dump base.btf format c unsorted >by-id
"$BTFX" dump base.btf format c --jobs 2 >sorted
[[ $(wc -c <sorted) -gt 2000000 && $(wc -c <by-id) -gt 2000000 ]]
! cmp -s sorted by-id || exit 1
"$BTFX" dump base.btf format c --jobs 1 | cmp - sorted
