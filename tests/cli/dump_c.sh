#!/usr/bin/env bash
# A C header of chosen types holds these, with what they need; options change what bpftool's would be.
. "$(dirname "$0")/lib.sh"
xz -dc "$old" >base.btf

types() { # ARGUMENT...: the types of a header, without its frame
  btfx dump base.btf format c "$@" | awk '/^#pragma clang attribute pop/ { exit } show; /^#define __bpf_fastcall$/ { show = 1 }' |
    sed '1,/^$/d' | sed '$d'
}
cat >wanted <<'END'
struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

END
types name list_head | same_files wanted -
types name 'list_hea?' kind struct | same_files wanted -

cat >wanted <<'END'
struct hlist_node;

struct hlist_head {
	struct hlist_node *first;
};

END
types name hlist_head | same_files wanted -

btfx dump base.btf format c name list_head --guard LIST_H --no-preserve-access-index >header
same $'#ifndef LIST_H\n#define LIST_H' "$(head -2 header)"
same '#endif /* LIST_H */' "$(tail -1 header)"
has_not header preserve_access_index
btfx dump base.btf format c --no-kfuncs | has_not - 'BPF kfuncs'
btfx dump base.btf format c name list_head --kfuncs | has_not - 'BPF kfuncs' # this kernel tags none

# What is named in full is declared all the same, unless a type has the name as well; what matches nothing is said.
cat >wanted <<'END'
struct task_struct;


/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __weak __ksym;
#endif

END
expect 1 types name bpf_task_acquire name task_strct
same_files wanted out
same "btfx: warning: no type has a name like 'task_strct'; did you mean 'task_struct'?" "$(<err)"
types name 'bpf_task_acquir?' | has_not - extern
types name bpf_task_acquire --no-kfuncs | has_not - extern
types name bpf_iter_task | has_not - extern # a struct and a function
same "$(types kind enum kind union)" "$(types kind enum,union)"
types name bpf_iter_task name 'bpf_*' kind func >some
same 1 "$(count some '^extern')"

id=$(btfx dump base.btf name list_head kind struct | sed -n 's/^\[\([0-9]*\)\].*/\1/p')
btfx dump base.btf format c root_id "$id" | has - '^struct list_head {$'

# Without sorting, types come by their ids: the first named type of all is the one with the least.
btfx dump base.btf format c unsorted >by-id
btfx dump base.btf format c --jobs 2 >sorted
assert "$(wc -c <sorted)" -gt 2000000
assert "$(wc -c <by-id)" -gt 2000000
expect 1 cmp -s sorted by-id
btfx dump base.btf format c --jobs 1 | same_files sorted -
