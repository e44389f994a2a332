// Types in the order of their names, as kernels since 7.0 want them for bisecting.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "btf/btf.h"

namespace btfx {

/// A sorted BTF, and where its types went.
struct SortedBtf {
  Bytes btf;
  std::vector<TypeId> new_ids;  ///< for each own type, in the old order
};

/// The own types of a BTF sorted by name, byte by byte, and renumbered; anonymous types come first, and types of one
/// name keep their order. Strings stay as they are. What keeps ids of these types elsewhere, such as .BTF_ids, has to
/// be renumbered, too. The header gets 24 or 32 bytes. Throws Error(unsupported) when there are types of unknown kinds.
SortedBtf sort_types(const Btf& btf, ByteOrder order = native_order,
                     std::uint32_t header_length = BtfHeader::layout_header_length);

}  // namespace btfx
