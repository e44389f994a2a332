// Whether two types are the same type seen twice: graphs of types compared under a hypothesis of what corresponds to
// what.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/kinds.h"
#include "transform/merge/type_pool.h"

namespace btfx {

/// Which type stands for which: at first every type for itself. Types of the base are *settled*; the others are *open*
/// until they are settled.
class Representatives {
 public:
  /// Resets it for the ids below `end_id`, of which those from `first_own` on are open. Keeps the memory.
  void reset(std::uint32_t first_own, std::uint32_t end_id);

  /// The type that stands for `id` in the end.
  [[nodiscard]] std::uint32_t of(std::uint32_t id) const {
    for (;;) {
      const std::uint32_t by = map_[id] & ~open;
      if (by == id) return id;
      id = by;
    }
  }
  [[nodiscard]] bool is_settled(std::uint32_t id) const { return (map_[id] & open) == 0; }
  /// From now on `by` stands for `id`; `by` may be `id` itself.
  void settle(std::uint32_t id, std::uint32_t by) {
    if (id < first_own_) changed_.push_back(id);
    map_[id] = by;
  }
  /// Types of the base that another type may stand for.
  [[nodiscard]] const std::vector<std::uint32_t>& changed_base() const { return changed_; }

 private:
  static constexpr std::uint32_t open = 0x80000000;  // beside an id, which is smaller

  std::uint32_t first_own_ = 1;
  std::vector<std::uint32_t> map_;      // also beyond the last id, where it may hold anything
  std::vector<std::uint32_t> changed_;  // ids of the base in map_ that may not be their own any more
  std::uint32_t identical_ = 0;         // below this every id of map_ that is not in changed_ is its own
};

/// Bounds the comparisons of one de-duplication: input made to be compared endlessly is given up on, which leaves its
/// types apart.
class Budget {
 public:
  Budget() = default;
  explicit Budget(std::uint64_t steps) : left_(steps) {}
  /// Takes `steps`; false when they are used up.
  bool take(std::uint64_t steps = 1) {
    if (left_ < steps) left_ = 0;
    return left_ != 0 && (left_ -= steps, true);
  }
  [[nodiscard]] bool is_spent() const { return left_ == 0; }

 private:
  std::uint64_t left_ = 0;
};

/// Whether all words of the records are equal.
bool equal_records(const std::uint32_t* a, const std::uint32_t* b);
/// Whether two composites have the same first three words, member names and member offsets, or two typedefs the same
/// name; false for other kinds.
bool shallow_equal(const std::uint32_t* a, const std::uint32_t* b);
/// Whether two enums are equal, or have the same name and one of them is without values.
bool compatible_enums(const std::uint32_t* a, const std::uint32_t* b);

/// Names of structs and unions that have several definitions, as key_of() gives them.
using AmbiguousNames = std::unordered_set<std::uint64_t>;

/// A name and whether it is that of a struct or of a union.
constexpr std::uint64_t key_of(std::uint32_t name, Kind kind) {
  return std::uint64_t{name} << 8 | static_cast<std::uint64_t>(kind);
}
/// The kind of composite that a FWD declares.
constexpr Kind declared_kind(InfoWord forward) {
  return forward.kind_flag() ? Kind::union_ : Kind::struct_;
}

/// What corresponds to what in one test: to a type on one side at most one on the other. A table of the few types that
/// a test reaches stays in the processor's caches, where an array of all types would not.
class Hypothesis {
 public:
  struct Pair {
    std::uint32_t of, by;
  };

  /// What corresponds to `id`; 0: nothing yet.
  [[nodiscard]] std::uint32_t operator[](std::uint32_t id) const {
    for (std::size_t at = place_of(id); slots_[at].round == round_; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].pair.of == id) return slots_[at].pair.by;
    }
    return 0;
  }
  /// From now on `by` corresponds to `id`, to which nothing did.
  void assume(std::uint32_t id, std::uint32_t by);
  /// All pairs in the order of assuming.
  [[nodiscard]] const std::vector<Pair>& pairs() const { return pairs_; }
  void clear();

 private:
  struct Slot {
    Pair pair = {0, 0};
    std::uint32_t round = 0;  // of other rounds than the present one: empty
  };
  [[nodiscard]] std::size_t place_of(std::uint32_t id) const {
    return (std::uint64_t{id} * 0x9e3779b97f4a7c15 >> 32) & (slots_.size() - 1);
  }
  void enter(Pair pair);

  std::vector<Slot> slots_ = std::vector<Slot>(256);
  std::vector<Pair> pairs_;
  std::uint32_t round_ = 1;
};

/// Tests of equivalence, one after the other. A test assumes that what two types refer to at the same places
/// corresponds, goes on until everything they reach is compared, and succeeds when no difference was found. A forward
/// declaration corresponds to any definition of its name.
///
/// By default this is libbpf's test, which does not quite notice when one type of the canonical side would have to
/// correspond to two different ones. The strict test does: whatever corresponds to a type is compared with whatever
/// else does, too. For it, names that have several definitions are never the same as their forward declaration.
///
/// The base may be fixed: then its declarations are the same as other declarations only, never as an own definition.
/// With the strict test it always is.
class Equivalence {
 public:
  struct Rules {
    const AmbiguousNames* strict = nullptr;  ///< the strict test, with this set of names; null: libbpf's test
    bool fixed_base = false;
  };

  Equivalence(Representatives& representatives, Budget& budget) : representatives_(representatives), budget_(budget) {}
  /// Prepares for the types that a pool holds now. It outlives the tests.
  void reset(const TypePool& pool, const Rules& rules);

  /// Whether the type `a` is equivalent to the canonical type `c`.
  bool test(std::uint32_t a, std::uint32_t c);
  /// After a test that succeeded: lets definitions stand for forward declarations, and canonical composites for the
  /// ones they were found equivalent to. False when that would change the base: then `a` is not the same as `c`.
  bool apply();
  /// When all is settled: whether a test that failed may succeed now. libbpf's test fails at copies of one type whose
  /// parts are not merged yet, and where a type of the base would give way to an own one on the way to what is the
  /// base's in the end.
  [[nodiscard]] bool may_differ_now() const;

 private:
  struct Pair {
    std::uint32_t a, c;
  };
  bool compare(std::uint32_t a, std::uint32_t c);
  bool compare_strictly(std::uint32_t a, std::uint32_t c);
  bool compare_records(const std::uint32_t* a, const std::uint32_t* c);
  bool enums_correspond(std::uint32_t a, std::uint32_t c) const;
  bool forward_fits(const std::uint32_t* forward, const std::uint32_t* definition) const;
  [[nodiscard]] bool is_fixed(std::uint32_t id) const { return rules_.fixed_base && id < first_own_; }
  void follow(std::uint32_t a, std::uint32_t c);
  bool identical(std::uint32_t x, std::uint32_t y, int depth);
  bool identical_composites(const std::uint32_t* x, const std::uint32_t* y, int depth);
  [[nodiscard]] std::uint32_t definition_of(std::uint32_t c) const;
  [[nodiscard]] std::uint32_t root_of(std::uint32_t id) const;
  [[nodiscard]] Kind kind(std::uint32_t id) const { return InfoWord(pool_->record(TypeId{id})[1]).kind(); }

  const TypePool* pool_ = nullptr;
  std::uint32_t first_own_ = 1;
  Representatives& representatives_;
  Budget& budget_;
  Rules rules_;
  std::uint32_t tested_ = 0;  // the type that is not canonical
  bool changes_base_ = false;
  Hypothesis hypothesis_;  // what corresponds to canonical types
  std::vector<Pair> pending_;
  std::unordered_map<std::uint64_t, int> found_identical_;  // pairs, and the least depth that sufficed
  bool has_clash_ = false;                                  // a test failed because two types are no copies (yet)
  std::vector<std::uint32_t> kept_apart_;                   // types whose tests would have changed the base
};

}  // namespace btfx
