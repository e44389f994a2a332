// A look at a blob without parsing it: what can be said of split BTF even when its base is not at hand.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "btf/header.h"

namespace btfx {

/// What a blob says of itself.
struct BtfScan {
  BtfHeader header;
  ByteOrder order = native_order;
  std::uint32_t types = 0;    ///< records, void not counted
  std::uint32_t strings = 0;  ///< NUL-terminated strings in its string section
};

/// Walks the records by their lengths; ids and names are not looked at. Throws Error(truncated, malformed, unsupported)
/// with the offset in the blob.
BtfScan scan_btf(ByteView blob);

/// Whether a blob looks like a root that was moved up to continue a base, which its strings alone do not show: some of
/// its ids or names lie beyond its end, and all of them are such as its own types and strings have behind some base. A
/// wrong number among good ones does not look like that. BTF without any names, or in which nothing refers to anything,
/// is not taken for moved, since nothing in it bears out the one number; nor is what cannot be walked.
bool is_moved_root(ByteView blob);

}  // namespace btfx
