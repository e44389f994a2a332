// In which order C needs the types: what is embedded comes before what embeds it, pointers need a declaration at most.
//
// The order, and every oddity of it, is that of libbpf's C dump, because people compare headers.
#pragma once

#include <cstdint>
#include <vector>

#include "btf/btf.h"
#include "emit/dump/work_budget.h"

namespace btfx {

/// Takes roots one after the other and tells what has to be defined for each. What was ordered once is not ordered
/// again.
class COrder {
 public:
  /// Looks at all records of `btf` and its bases once. All references outlive the order.
  COrder(const Btf& btf, WorkBudget& budget);

  /// Appends to `queue` what must be defined for `root`, itself included, in order: composites, enums, typedefs and
  /// forward declarations. Throws Error(malformed) when types embed themselves.
  void order(TypeId root, std::vector<TypeId>& queue);

  /// Whether order(root) could do anything at all, now or later. Most functions, prototypes and pointers are no roots
  /// worth a call.
  [[nodiscard]] bool matters(TypeId root) { return matters(root, 0); }

 private:
  enum class State : std::uint8_t { none, ordering, ordered };
  struct Type {
    State state = State::none;
    bool is_referenced = false;        // by any record, but for return types
    bool is_needed = false;            // by a record that C needs its targets for
    std::uint8_t entered[2] = {0, 0};  // how often a call for it, not through / through a pointer, is under way
  };

  void mark_references(const Btf& part);
  bool visit(TypeId id, bool through_pointer, unsigned depth);
  void settle(Type& state, TypeId target) const;
  bool visit_parts(TypeId id, TypeView type, bool through_pointer, unsigned depth);
  bool matters(TypeId id, unsigned depth);

  const Btf& btf_;
  WorkBudget& budget_;
  std::vector<Type> types_;
  std::vector<TypeId>* queue_ = nullptr;
};

}  // namespace btfx
