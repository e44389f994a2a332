// What a BTF carries although its base, or it itself, has it already: what de-duplication would drop.
#pragma once

#include "btf/btf.h"
#include "results/check.h"
#include "transform/merge/merge_base.h"

namespace btfx {

/// De-duplicates a BTF as `btfx dedup` does, and tells what went. `base` is that of the BTF, prepared; null for a root.
/// `fixed_base`: see DedupOptions. Throws Error for what cannot be de-duplicated.
Bloat find_bloat(const BtfPtr& btf, const MergeBasePtr& base, bool fixed_base = false);

}  // namespace btfx
