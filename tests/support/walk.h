// Walks over everything that a parsed input offers: what a parser accepted must be safe to read, whole.
#pragma once

#include "btf/btf.h"
#include "image/elf.h"

namespace btfx::test {

/// Reads every field of every type and of its bases, looks every name up, and writes the BTF in both byte orders.
/// Throws std::logic_error when something does not hold that parse() promises.
void walk(const Btf& btf);

/// Reads every section and symbol. Throws what contents() throws for sections that cannot be read only as Error.
void walk(const ElfFile& elf);

}  // namespace btfx::test
