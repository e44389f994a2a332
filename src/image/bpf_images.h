// BPF objects inside of programs: skeletons of libbpf, what bpf2go and aya put into Go and Rust programs.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "image/elf.h"

namespace btfx {

/// The ELF files for BPF in the sections of a program that are loaded when it runs, in the order of the file, as slices
/// of it. Only their headers are looked at; an image that its section does not hold whole is none.
std::vector<Bytes> embedded_bpf_images(const ElfFile& program);

}  // namespace btfx
