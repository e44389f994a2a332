// De-duplication: every type once.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "transform/merge/deduped_ids.h"
#include "transform/merge/type_pool.h"

namespace btfx {

struct DedupOptions {
  /// Off: libbpf 1.8's result, byte for byte. It depends on the order of the types, and merges some that differ.
  ///
  /// On: the types that cannot be told apart, and no others, whatever their order: two types are the same unless there
  /// is a difference somewhere in what they reach. A forward declaration, of an enum as well, is the same as its
  /// definition when all definitions of its name are the same; else it is a type of its own. The base is de-duplicated
  /// with the rest, its forward declarations included, and the pool becomes a root, unless `fixed_base`. Doing it again
  /// changes nothing.
  bool strict = false;
  /// The declarations of the base, of enums as well, are what they are: another declaration is the same, a definition
  /// among the own types is not. libbpf lets such a definition stand for the base's declaration, for what it finds
  /// afterwards. That is wrong for a distilled base, whose declarations stand for the kernel's own types. When strict,
  /// own declarations that the base has as well are never resolved by own definitions.
  bool fixed_base = false;
  /// Threads to work with. The result does not depend on them.
  unsigned jobs = 1;
  /// How many comparisons a de-duplication may take: so many for each type, own or of the base, and some more.
  /// Merging all modules of a kernel takes a few dozen for each type. Of the modules of Debian's 6.18.15, thousands
  /// of whose types reach a struct that differs, nfp.ko takes most: 178 million with 144,666 types.
  std::uint64_t steps_per_type = 1024;
  /// And how many whatever their number.
  std::uint64_t least_steps = std::uint64_t{1} << 27;
};

/// The finding about a de-duplication that was given up because it would have taken too long.
Diagnostic dedup_given_up();

/// De-duplicates one pool after the other. Between two runs it keeps nothing but memory.
class Deduplicator {
 public:
  Deduplicator();
  ~Deduplicator();
  Deduplicator(const Deduplicator&) = delete;
  Deduplicator& operator=(const Deduplicator&) = delete;

  /// Drops every own type of the pool that occurs before, in the base or among the own types, and lets everything refer
  /// to what is left. Types are the same when they are equal but for ids and refer to the same; structs may be
  /// recursive. Forward declarations give way to their definition, where there is one only. Variables and sections are
  /// all kept. The types that are left keep their order. The base is not changed, unless strictness demands it. Apart
  /// from the base's index, which is made once, the cost is that of the own types.
  ///
  /// Throws Error(malformed) when pointers, modifiers, prototypes or arrays refer to each other in a circle without a
  /// struct or typedef. The number of comparisons is bounded by a multiple of the number of types, the base's included;
  /// beyond it types stay apart, with a warning `dedup-budget`.
  DedupedIds run(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics);

 private:
  friend DedupedIds deduplicate(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics);
  class Run;
  std::unique_ptr<Run> run_;
  bool is_last_ = false;  // no other run follows
};

/// Runs one Deduplicator on a pool to which nothing is appended any more, and gives back memory as soon as it is not
/// needed.
DedupedIds deduplicate(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics);

}  // namespace btfx
