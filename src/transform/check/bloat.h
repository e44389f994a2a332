// What a split BTF carries although its base has it: types that de-duplication should have merged, and what kept it
// from that.
#pragma once

#include "btf/btf.h"
#include "results/check.h"

namespace btfx {

/// Compares every named type of a split BTF with those of the same name in the base. A repeated type is laid to the
/// nearest difference that it leads to through its references; where there is none, de-duplication missed it.
Bloat find_bloat(const Btf& split);

}  // namespace btfx
