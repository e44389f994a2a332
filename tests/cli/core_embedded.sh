#!/usr/bin/env bash
# BPF objects inside of programs, directories and packages: each is found, named by where it is, and read once.
. "$(dirname "$0")/lib.sh"
need cc dpkg-deb jq
mkdir -p tree/bin tree/lib
# with PROGRAM OBJECT...: a program that has the objects among its constants, in the middle of a section, at odd places.
with() {
  local to=$1 object
  shift
  {
    echo '.globl main; main: ret; .section .note.GNU-stack,""; .section .rodata'
    for object; do printf '.byte 1\n.incbin "%s"\n.ascii "\\177ELF\\002 and no more"\n' "$object"; done
  } >program.s
  cc program.s -o "$to"
}
with tree/bin/two "$DATA/bpf/fileage.bpf.o" "$DATA/bpf/probe.bpf.o"
with tree/bin/again "$DATA/bpf/probe.bpf.o"
cp "$DATA/bpf/conntrack.bpf.o" tree/lib/own.bpf.o
with tree/bin/none
echo text >tree/text

objects() { jq -r '.summary.objects[] | "\(.object) \(.relocations)"'; }
relocations() { jq -r '.summary.relocations' <(btfx -j core "$1"); }
same "tree/bin/two:1 $(relocations "$DATA/bpf/fileage.bpf.o")
tree/bin/two:2 $(relocations "$DATA/bpf/probe.bpf.o")" "$(btfx -j core tree/bin/two | objects)"
# A directory: each content once.
same 'tree/bin/again:1
tree/bin/two:1
tree/lib/own.bpf.o' "$(btfx -j core tree | objects | cut -d' ' -f1)"
btfx -v core tree >/dev/null 2>notes
has notes '^btfx: note: tree/bin/two:2: is the same as tree/bin/again:1$'
# A package.
mkdir -p package/DEBIAN package/usr
printf 'Package: p\nVersion: 1\nArchitecture: all\nMaintainer: m <m@m>\nDescription: d\n' >package/DEBIAN/control
cp -r tree/bin package/usr/bin
dpkg-deb -b package p.deb >/dev/null
same 'p.deb:usr/bin/again:1
p.deb:usr/bin/two:1' "$(btfx -j core p.deb | objects | cut -d' ' -f1 | sort)"
# The first lines are a table; what is cut short is no object; where there are none the error says so.
expect 1 btfx core tree -B "$old" --summary
mv out table
has table '^bin/again:1  *fails$'
has table '^bin/two:1  *loads$'
expect 2 btfx core tree/bin/none
has err "btfx: error: tree/bin/none: is not a BPF object: it is an ELF file for "
mkdir empty
expect 2 btfx core empty
same 'btfx: error: empty: has no BPF objects in it, and no programs that hold some' "$(<err)"
head -c 2000 "$DATA/bpf/probe.bpf.o" >cut.o
with tree/bin/cut cut.o
expect 2 btfx core tree/bin/cut

# Archives of object files, with long names and two of one name; thin ones hold only names.
need ar
mkdir ar
cp "$DATA/bpf/probe.bpf.o" ar/probe.o
cp "$DATA/bpf/fileage.bpf.o" ar/a-very-long-name-of-an-object.o
cp tree/bin/two ar/two
(cd ar && ar qc some.a probe.o a-very-long-name-of-an-object.o two && cp "$DATA/bpf/guards.bpf.o" probe.o && ar q some.a probe.o)
same 'ar/some.a:probe.o
ar/some.a:a-very-long-name-of-an-object.o
ar/some.a:probe.o:2' "$(btfx -j core ar/some.a | objects | cut -d' ' -f1)"
mkdir only
cp ar/some.a only
same 3 "$(btfx -j core only | objects | wc -l)"
(cd ar && ar qcT thin.a probe.o)
expect 2 btfx core ar/thin.a
same 'btfx: error: ar/thin.a: is a thin archive, which only names its files: name these files instead' "$(<err)"
ar qc none.a tree/text
expect 2 btfx core none.a
same 'btfx: error: none.a: has no BPF objects in it, and no programs that hold some' "$(<err)"
head -c 3000 ar/some.a >cut.a
expect 2 btfx core cut.a
has err '^btfx: error: cut.a: archive ends before it should$'
