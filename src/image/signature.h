// The signature of a module.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/file_parts.h"

namespace btfx {

/// The signature appended to a module, which covers every byte before it.
struct ModuleSignature {
  std::uint64_t offset = 0;  ///< where the ELF file ends and the signature begins
};

/// Finds the signature that the kernel's build appends. Throws Error(malformed) when the mark that ends it is there,
/// but the lengths before the mark make no sense.
std::optional<ModuleSignature> find_signature(ByteView file);
/// The same, reading the end of the file alone.
std::optional<ModuleSignature> find_signature(const FileParts& file);

}  // namespace btfx
