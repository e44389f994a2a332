// What a split BTF carries although its base has it: types that de-duplication should have merged, and what kept it
// from that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// A difference that kept types apart: its own, and those of all types that lead to it.
struct BloatCause {
  TypeId own = void_id;     ///< the type of the split BTF that differs
  TypeId base = void_id;    ///< its counterpart in the base
  std::string text;         ///< e.g. "STRUCT page has 64 bytes, that of the base 56"
  std::uint32_t types = 0;  ///< repeated types that lead to it
  std::uint64_t bytes = 0;  ///< of their records
};

/// Types of a split BTF that repeat types of its base: same kind, name, size, and the same members at the same places.
struct Bloat {
  std::uint32_t types = 0;
  std::uint64_t bytes = 0;         ///< of their records; their strings are the base's already
  std::vector<BloatCause> causes;  ///< the most expensive first
};

/// Compares every named type of a split BTF with those of the same name in the base. A repeated type is laid to the
/// nearest difference that it leads to through its references; where there is none, de-duplication missed it.
Bloat find_bloat(const Btf& split);

}  // namespace btfx
