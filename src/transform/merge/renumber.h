// What de-duplication found, carried out.
#pragma once

#include "transform/merge/deduped_ids.h"
#include "transform/merge/equivalence.h"
#include "transform/merge/type_pool.h"

namespace btfx {

/// Drops the own types of a pool that do not stand for themselves, gives the others consecutive ids in their order, and
/// lets everything refer to what stands for it. On so many threads.
DedupedIds renumber(TypePool& pool, const Representatives& representatives, unsigned jobs);

}  // namespace btfx
