// Merging: a base and any number of BTFs in one, every type once.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "transform/merge/dedup.h"
#include "transform/merge/type_pool.h"

namespace btfx {

struct MergeOptions {
  /// Off: what libbpf 1.8 makes of it. On: nothing is merged wrongly (see DedupOptions), and the base is de-duplicated
  /// with the rest: its forward declarations give way to a module's definition where there is one only. Ids of the
  /// base may change then.
  bool strict = false;
  /// Threads to work with. The result does not depend on them.
  unsigned jobs = 1;
};

/// Merges inputs onto a base, or without one into a new root. prepare() everything, in threads if need be; add() in the
/// order of the result; finish() once.
class Merge {
 public:
  Merge(BtfPtr base, const MergeOptions& options);

  /// See TypePool::prepare().
  [[nodiscard]] TypePool::Part prepare(BtfPtr btf) const { return pool_.prepare(std::move(btf)); }
  /// Adds the types of one input; `name` is for messages. See TypePool::append().
  void add(std::string name, const TypePool::Part& part, Diagnostics& diagnostics);
  /// De-duplicates what was added. Reports forward declarations that several definitions fit
  /// (`forward-ambiguous`), and those of the base that one would fit, but that are left alone (`forward-base`).
  void finish(Diagnostics& diagnostics);

  /// All types: those of the base, then those of the inputs.
  [[nodiscard]] const TypePool& pool() const { return pool_; }
  /// How many types the inputs had.
  [[nodiscard]] std::uint64_t types_before() const { return ids_.own.size() - (input_begin_ - raw(ids_.first_own)); }
  /// The id that a type of an input has in the result. `input` counts calls of add() from 0; `id` is one that the input
  /// holds, or its base's.
  [[nodiscard]] TypeId find(std::size_t input, TypeId id) const;
  /// The ids in the result of all types that the inputs held themselves, ascending, each once.
  [[nodiscard]] std::vector<TypeId> input_types() const;

 private:
  struct Input {
    std::string name;
    TypeId source_first;  // the first id of its own, in the input
    TypeId first;         // the same type in the pool, before de-duplication
  };
  struct Holders {  // the inputs that define a type
    std::size_t first = 0, count = 0;
    std::size_t last = 0;  // place of the last one seen, plus 1
  };
  void report_forwards(Diagnostics& diagnostics) const;
  [[nodiscard]] std::unordered_map<TypeId, Holders> find_holders(
      const std::unordered_map<std::uint64_t, std::vector<TypeId>>& definitions) const;
  [[nodiscard]] std::string describe(const Holders& holders) const;

  MergeOptions options_;
  TypePool pool_;
  std::vector<Input> inputs_;
  DedupedIds ids_;
  std::uint32_t input_begin_ = 0;  // the first id of the inputs, before de-duplication
};

}  // namespace btfx
