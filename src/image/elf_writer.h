// Changing sections of an ELF file, and nothing else: every other section keeps its bytes, its header and its index,
// and its place in the file, unless a relocatable file becomes smaller. Done on the bytes themselves. libelf with
// ELF_F_LAYOUT would keep the layout, too, but writes all headers and sections anew, so that nothing guarantees the
// bytes in between, and it is not made for hostile input.
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "image/elf.h"

namespace btfx {

/// A section and what it shall hold.
struct SectionUpdate {
  std::string name;
  Bytes content;
};

/// The file with sections replaced, or added when they are not there. What is larger than before goes where replaced
/// content was, if it fits, or to the end; at offsets that are multiples of 8, with an alignment of 4, because kernels
/// read `.BTF.base` in place. In relocatable files, such as modules, what stands behind room that is left moves up.
/// What has the same size is replaced in place, header and all else untouched. Works for both classes and byte orders,
/// beyond 65,279 sections and beyond 65,534 program headers. A signature is dropped: it would be wrong, and the caller
/// has asked whether that is wanted. Throws Error: refused when a section is allocated (as in vmlinux) and would have
/// to grow or shrink; malformed, unsupported for files that cannot be changed.
Bytes update_sections(const ElfFile& elf, std::span<const SectionUpdate> updates);

}  // namespace btfx
