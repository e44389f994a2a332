// De-duplication: every type once.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "btf/kinds.h"
#include "transform/merge/type_pool.h"

namespace btfx {

struct DedupOptions {
  /// Off: libbpf 1.8's result, byte for byte. It depends on the order of the types, and merges some that differ.
  ///
  /// On: the types that cannot be told apart, and no others, whatever their order: two types are the same unless there
  /// is a difference somewhere in what they reach. A forward declaration, of an enum as well, is the same as its
  /// definition when all definitions of its name are the same; else it is a type of its own. The base is de-duplicated
  /// with the rest, its forward declarations included: the pool becomes a root. Doing it again changes nothing.
  bool strict = false;
  /// Threads to work with. The result does not depend on them.
  unsigned jobs = 1;
};

/// Drops every own type of the pool that occurs before, in the base or among the own types, and lets everything refer
/// to what is left. Types are the same when they are equal but for ids and refer to the same; structs may be recursive.
/// Forward declarations give way to their definition, where there is one only. Variables and sections are all kept. The
/// types that are left keep their order. The base is not changed, unless strictness demands it.
///
/// Returns for every id as it was the id that stands for it now. Throws Error(malformed) when pointers, modifiers,
/// prototypes or arrays refer to each other in a circle without a struct or typedef. The number of comparisons is
/// bounded by a multiple of the number of types; beyond it types stay apart, with a warning.
std::vector<TypeId> deduplicate(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics);

}  // namespace btfx
