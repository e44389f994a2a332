// De-duplication: every type once.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "btf/kinds.h"
#include "transform/type_pool.h"

namespace btfx {

struct DedupOptions {
  /// Off: libbpf 1.8's result, byte for byte. On: the same without what it merges wrongly: types that differ in the
  /// elements of arrays only, and forward declared enums of which several definitions exist.
  bool strict = false;
  /// Threads to work with. The result does not depend on them.
  unsigned jobs = 1;
};

/// Drops every own type of the pool that occurs before, in the base or among the own types, and lets everything refer
/// to what is left. Types are the same when they are equal but for ids and refer to the same; structs may be recursive.
/// Forward declarations give way to their definition, where there is one only. Variables and sections are all kept. The
/// types that are left keep their order, and the base is never changed.
///
/// Returns for every id as it was the id that stands for it now. Throws Error(malformed) when pointers, modifiers,
/// prototypes or arrays refer to each other in a circle without a struct or typedef. The number of comparisons is
/// bounded by a multiple of the number of types; beyond it types stay apart, with a warning.
std::vector<TypeId> deduplicate(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics);

}  // namespace btfx
