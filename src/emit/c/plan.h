// What a C header says about which type, in which order: definitions, and declarations where definitions need them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/zeroed_array.h"
#include "btf/btf.h"
#include "emit/c/order.h"
#include "emit/dump/work_budget.h"

namespace btfx {

/// One thing to write.
struct CStep {
  enum class Form : std::uint8_t {
    forward,     ///< `struct NAME;`
    definition,  ///< of a composite, enum or typedef
    number,      ///< an INT, met for the first time: compilers may not know it
  };
  TypeId id;
  Form form;
  bool may_recur = false;  ///< an enum without a name that other definitions may hold as well
};

/// Takes roots one after the other. What was planned once is not planned again.
class CPlan {
 public:
  explicit CPlan(const Btf& btf);
  /// Looks at all types, as planning most of them requires.
  void look_at_all() { order_.look_at_references(); }

  /// Appends to `steps` what must be written for `root`. Throws Error(malformed) when types embed themselves.
  void add(TypeId root, std::vector<CStep>& steps);
  /// Appends what must be written before a function of that type can be declared.
  void add_prototype(TypeId prototype, std::vector<CStep>& steps);
  /// Calls `visit(id)` for the roots for which add(root) could do anything at all, now or later.
  template <typename Visit>
  void for_each_that_matters(const Visit& visit) {
    order_.for_each_that_matters(visit);
  }
  /// What cost parts of the header.
  [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  struct State {
    bool is_emitting : 1 = false;
    bool is_emitted : 1 = false;
    bool is_declared : 1 = false;  // a forward declaration, or a typedef that was needed early, has been planned
  };

  void step(TypeId id, CStep::Form form) { steps_->push_back({id, form, false}); }
  void emit(TypeId id, TypeId within, unsigned depth);
  void emit_composite(TypeId id, TypeId within, unsigned depth);
  void emit_again(TypeId id, TypeId within);
  void settle(State& state, TypeId target) const;

  const Btf& btf_;
  WorkBudget budget_;
  COrder order_;
  Diagnostics diagnostics_;
  ZeroedArray<State> states_;
  std::vector<TypeId> queue_;
  std::vector<CStep>* steps_ = nullptr;
};

}  // namespace btfx
