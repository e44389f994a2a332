// Walks over everything that a parsed input offers: what a parser accepted must be safe to read, whole.
#pragma once

#include "btf/btf.h"
#include "image/elf.h"
#include "image/image.h"

namespace btfx::test {

/// Reads every field of every type and of its bases, looks every name up, and writes the BTF in both byte orders.
/// Throws std::logic_error when something does not hold that parse() promises.
void walk(const Btf& btf);

/// Reads every section and symbol; those that cannot be read must say so with an Error that names them.
void walk(const ElfFile& elf);

/// Reads what can be told about an unwrapped input, and its BTF when it has one.
void walk(const Image& image);

}  // namespace btfx::test
