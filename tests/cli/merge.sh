#!/usr/bin/env bash
# label: threads
# Modules are merged onto a packed kernel: each of their types is there, once, in either byte order, whatever --jobs.
. "$(dirname "$0")/lib.sh"
modules=("$DATA/modules/tun.ko.xz" "$DATA/modules/veth.ko.xz" "$DATA/modules/nf_nat.ko.xz")

btfx merge -B "$old" "${modules[@]}" "${modules[0]}" -o merged.btf --jobs 1
btfx --jobs 2 merge -B "$old" "${modules[@]}" -o again.btf
same_files merged.btf again.btf # the module given twice is there once

btfx dump merged.btf >merged.txt
btfx dump "$old" >base.txt
same_files base.txt <(head -c "$(wc -c <base.txt)" merged.txt) # the base comes first
has merged.txt -F "$(btfx dump -B "$old" "${modules[0]}" | grep "'tun_struct'" | cut -d' ' -f2-)"
btfx dump -B "$old" file "${modules[0]}" file "${modules[1]}" file "${modules[2]}" >three.txt
same_files three.txt <(tail -n "$(wc -l <three.txt)" merged.txt)

btfx merge -B "$old" "${modules[@]}" --byte-order big -o - >big.btf
same " eb 9f" "$(head -c 2 big.btf | od -An -tx1)"
btfx dump big.btf | same_files merged.txt -

btfx -j merge -B "$old" "${modules[0]}" -o one.btf >json
matches "$(<json)" "^\{\"results\":\[\{\"module\":\"${modules[0]}\",\"merged\":true,\"types\":.*\}\],\"summary\":\{\"merged\":1,\"failed\":0,\
\"base_types\":112748,.*\"bytes\":$(stat -c %s one.btf)\}\}$"

# The base among the files to dump is the base, and not merged with itself.
btfx dump -B "$old" file "${modules[0]}" file "${modules[1]}" >two.txt
btfx -v dump -B "$old" file "$old" file "${modules[0]}" file "${modules[1]}" 2>err | same_files two.txt -
has err -x "btfx: note: $old: is the base, and not merged"
