// In which order C needs the types: what is embedded comes before what embeds it, pointers need a declaration at most.
//
// The order, and every oddity of it, is that of libbpf's C dump, because people compare headers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/zeroed_array.h"
#include "btf/btf.h"
#include "btf/type_groups.h"
#include "emit/dump/work_budget.h"

namespace btfx {

/// Takes roots one after the other and tells what has to be defined for each. What was ordered once is not ordered
/// again.
class COrder {
 public:
  /// All references outlive the order.
  COrder(const Btf& btf, WorkBudget& budget);

  /// Looks at all records of the BTF and its bases, once. Without, that is done when something depends on it, which of
  /// a few roots nothing may.
  void look_at_references();

  /// Appends to `queue` what must be defined for `root`, itself included, in order: composites, enums, typedefs and
  /// forward declarations. Throws Error(malformed) when types embed themselves.
  void order(TypeId root, std::vector<TypeId>& queue);

  /// Whether a record may refer to the type. Without look_at_references() the answer is yes.
  [[nodiscard]] bool may_be_used(TypeId id) const {
    return !knows_references_ || types_[raw(id)].is_referenced || types_[raw(id)].is_needed;
  }

  /// Calls `visit(id)` for the roots for which order(root) could do anything at all, now or later. Most
  /// functions, prototypes and pointers are no roots worth a call.
  template <typename Visit>
  void for_each_that_matters(const Visit& visit) {
    look_at_references();
    btf_.groups().for_each([&](TypeGroup, std::span<const TypeId> types) {
      for (const TypeId id : types) {
        if (part_matters(id, 0)) visit(id);
      }
    });
  }

 private:
  enum class State : std::uint8_t { none, ordering, ordered };
  /// What is known of a type: one byte, so that those of a kernel stay in a cache.
  struct Type {
    State state : 2 = State::none;
    bool is_referenced : 1 = false;  // by any record, but for return types
    bool is_needed : 1 = false;      // by a record that C needs its targets for
    // How often a call for it is under way, not through a pointer and through one.
    std::uint8_t entered : 2 = 0, entered_by_pointer : 2 = 0;

    void enter(bool by_pointer) {
      if (by_pointer) {
        ++entered_by_pointer;
      } else {
        ++entered;
      }
    }
    void leave(bool by_pointer) {
      if (by_pointer) {
        --entered_by_pointer;
      } else {
        --entered;
      }
    }
  };
  /// How a visit comes to a type.
  struct Way {
    bool through_pointer = false;
    bool by_reference = true;  // of a record, and not as a return type
  };

  void mark_references(std::span<const TypeId> types);
  bool is_referenced(TypeId id);
  bool visit(TypeId id, const Way& way, unsigned depth);
  void settle(Type& state, TypeId target) const;
  bool visit_parts(TypeId id, TypeView type, const Way& way, unsigned depth);
  bool matters(TypeId id, unsigned depth);
  /// The same of what nearly always is ordered.
  bool part_matters(TypeId id, unsigned depth) { return types_[raw(id)].state != State::ordered && matters(id, depth); }
  bool parts_matter(TypeView type, unsigned depth);

  const Btf& btf_;
  WorkBudget& budget_;
  ZeroedArray<Type> types_;
  bool knows_references_ = false;
  std::vector<TypeId>* queue_ = nullptr;
};

}  // namespace btfx
