// The part of a BTF that some of its types need.
#pragma once

#include <span>

#include "base/bytes.h"
#include "btf/btf.h"

namespace btfx {

/// A root with the given types and everything they refer to, members included, to any depth, whether in `btf` or in its
/// base. The types keep their order and are numbered from 1; the strings are just those they need, in the order of the
/// fields. A forward declaration stays one, and nothing that merely refers to a type (a declaration tag, a variable) is
/// kept for its sake. Throws Error(unsupported) when a type of an unknown kind is reached.
Bytes minimise(const Btf& btf, std::span<const TypeId> roots, ByteOrder order = native_order);

}  // namespace btfx
