// Making a standalone BTF look like a split one.
#pragma once

#include "base/bytes.h"
#include "btf/btf.h"

namespace btfx {

/// The types of a root, renumbered to continue the ids and strings of `base`: parsed on that base, the result holds the
/// same types in the same order. It refers to nothing in the base, so that types which both have are there twice, under
/// two ids: good for reading, not for a kernel that compares ids. Throws Error(unsupported) when `standalone` is split,
/// holds types of unknown kinds, or does not fit behind the base.
Bytes rebase(const Btf& standalone, const Btf& base, ByteOrder order = native_order);

}  // namespace btfx
