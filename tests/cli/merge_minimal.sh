#!/usr/bin/env bash
# --minimal and --name keep what is reached, --sort sorts it, and --into puts it into an ELF file.
. "$(dirname "$0")/lib.sh"
cp "$DATA/out-of-tree/demo-split.ko" demo.ko && chmod u+w demo.ko

btfx merge -B "$new" demo.ko --minimal -o minimal.btf
assert "$(stat -c %s minimal.btf)" -lt 2000000
btfx dump minimal.btf >minimal.txt
btfx merge -B "$new" demo.ko --minimal --into demo.ko
btfx dump demo.ko -B none | same_files minimal.txt -

xz -dc "$DATA/modules/tun.ko.xz" >signed.ko && cp signed.ko before.ko
tun=(btfx merge -B "$old" signed.ko --minimal --into signed.ko)
expect 2 "${tun[@]}"
has err 'is signed, and changing it would make the signature wrong: --strip-signature drops it'
same_files before.ko signed.ko
"${tun[@]}" --strip-signature
btfx list signed.ko | has - standalone
has_not signed.ko 'Module signature appended'

btfx merge -B "$new" --name list_head --name 'hlist_nod[e]' --sort -o list.btf
btfx dump list.btf >list.txt
same_files - list.txt <<'END'
[1] PTR '(anon)' type_id=5
[2] PTR '(anon)' type_id=4
[3] PTR '(anon)' type_id=2
[4] STRUCT 'hlist_node' size=16 vlen=2
	'next' type_id=2 bits_offset=0
	'pprev' type_id=3 bits_offset=64
[5] STRUCT 'list_head' size=16 vlen=2
	'next' type_id=1 bits_offset=0
	'prev' type_id=1 bits_offset=64
END

expect 2 btfx merge -B "$new" --name no_such_type -o none.btf
has err "error: no type is named 'no_such_type'"
expect 2 btfx merge -B "$new" --name task_strct -o none.btf
has err -x "btfx: error: no type is named 'task_strct'; did you mean 'task_struct'?"
assert ! -e none.btf
expect 2 btfx merge -B "$new" demo.ko
has err 'needs one of -o FILE and --into ELF'
