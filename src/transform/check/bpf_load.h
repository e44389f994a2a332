// BPF objects as a kernel gets them: a loader completes their BTF before it hands it over.
#pragma once

#include "base/bytes.h"
#include "btf/btf.h"
#include "image/elf.h"
#include "image/image.h"

namespace btfx {

/// Whether an image is an ELF file for BPF.
bool is_bpf_object(const Image& image);

/// The BTF of a BPF object as a loader completes it: compilers leave out the sizes of sections and the places of global
/// variables in them, and describe externs that the kernel does not take as such. Sizes and places come from the
/// sections and symbols of `elf`; the entries of .ksyms become integers, functions among them a variable `dummy_ksym`;
/// those of .kconfig get places one after the other. Ids stay; what has to be added comes last. What the object does
/// not tell is left as it is. Source: libbpf 1.8, bpf_object__collect_externs() and btf_fixup_datasec().
Bytes complete_bpf_btf(const Btf& btf, const ElfFile& elf);

}  // namespace btfx
