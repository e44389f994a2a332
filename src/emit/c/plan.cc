#include "emit/c/plan.h"

namespace btfx {

CPlan::CPlan(const Btf& btf) : btf_(btf), budget_(btf), order_(btf, budget_), states_(raw(btf.end_id())) {
  states_[0].is_emitted = true;
}

void CPlan::add(TypeId root, std::vector<CStep>& steps) {
  steps_ = &steps;
  queue_.clear();
  order_.order(root, queue_);
  for (const TypeId needed : queue_) emit(needed, void_id, 0);
}

void CPlan::add_prototype(TypeId prototype, std::vector<CStep>& steps) {
  add(prototype, steps);
  emit(prototype, prototype, 0);
}

/// Plans the definition of what is in the queue, and declarations of what definitions refer to. `within` is the named
/// definition that needs the type; void: the type stands in the queue itself.
void CPlan::emit(TypeId id, TypeId within, unsigned depth) {
  State& state = states_[raw(id)];
  if (state.is_emitted) return;
  if (state.is_emitting) return emit_again(id, within);
  budget_.spend(id);
  WorkBudget::check_depth(depth++, id);
  const TypeView type = btf_.type(id);
  switch (type.kind()) {
    case Kind::int_:
      step(id, CStep::Form::number);
      state.is_emitted = true;
      break;
    case Kind::enum_:
    case Kind::enum64:
      if (within == void_id) {
        steps_->push_back({id, CStep::Form::definition, !type.is_named() && order_.may_be_used(id)});
      }
      state.is_emitted = true;
      break;
    case Kind::ptr:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
    case Kind::type_tag:
      emit(type.target(), within, depth);
      settle(state, type.target());
      break;
    case Kind::array:
      emit(type.element(), within, depth);
      settle(state, type.element());
      break;
    case Kind::fwd:
      step(id, CStep::Form::forward);
      state.is_emitted = true;
      break;
    case Kind::typedef_:
      state.is_emitting = true;
      emit(type.target(), id, depth);
      if (!state.is_declared) step(id, CStep::Form::definition);
      state.is_emitted = true;
      break;
    case Kind::struct_:
    case Kind::union_:
      emit_composite(id, within, depth);
      break;
    case Kind::func_proto:
      emit(type.target(), within, depth);
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) emit(type.param(i).type, within, depth);
      break;
    default:
      break;
  }
}

/// Only definitions stand in the queue: what leads to another type is met within one, and from where that type has been
/// declared or defined nothing more is planned for it. Then the way to it need not be gone again.
void CPlan::settle(State& state, TypeId target) const {
  const State& end = states_[raw(target)];
  if (end.is_emitted || (end.is_declared && is_composite(btf_.kind(target)))) state.is_emitted = true;
}

void CPlan::emit_composite(TypeId id, TypeId within, unsigned depth) {
  State& state = states_[raw(id)];
  const TypeView type = btf_.type(id);
  const bool is_top = within == void_id;
  state.is_emitting = true;
  if (is_top || !type.is_named()) {
    const TypeId around = type.is_named() ? id : within;
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) emit(type.member(i).type, around, depth);
  } else if (!state.is_declared && id != within) {
    step(id, CStep::Form::forward);
    state.is_declared = true;
  }
  state.is_emitting = false;
  if (is_top) {
    step(id, CStep::Form::definition);
    state.is_emitted = true;
  }
}

/// The type is needed by something that itself is needed for the type's definition.
void CPlan::emit_again(TypeId id, TypeId within) {
  State& state = states_[raw(id)];
  if (state.is_declared) return;
  const TypeView type = btf_.type(id);
  if (type.kind() == Kind::typedef_) {
    step(id, CStep::Form::definition);
    state.is_declared = true;
  } else if (is_composite(type.kind()) && id != within) {
    if (type.is_named()) {
      step(id, CStep::Form::forward);
      state.is_declared = true;
      return;
    }
    diagnostics_.push_back({"c-loop", "an anonymous struct or union holds what refers to it", {.type_id = raw(id)}});
  }
}

}  // namespace btfx
