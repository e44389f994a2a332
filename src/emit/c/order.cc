#include "emit/c/order.h"

#include <fmt/format.h>

#include "base/error.h"
#include "btf/fields.h"

namespace btfx {

namespace {

[[noreturn]] void unsatisfiable(TypeId id) {
  throw Error(ErrorCode::malformed, "unsatisfiable type cycle", {.type_id = raw(id)});
}

/// Whether C needs what types of this kind refer to.
bool needs_targets(Kind kind) {
  return kind != Kind::func && kind != Kind::var && kind != Kind::datasec && kind != Kind::decl_tag;
}

}  // namespace

COrder::COrder(const Btf& btf, WorkBudget& budget) : btf_(btf), budget_(budget), types_(raw(btf.end_id())) {
  types_[0].state = State::ordered;
  mark_references(btf);
}

void COrder::mark_references(const Btf& part) {
  if (part.base()) mark_references(*part.base());
  for (TypeId id = part.first_id(); id != part.end_id(); ++id) {
    const TypeView type = part.type(id);
    const bool needed = needs_targets(type.kind());
    const std::uint32_t* return_type = type.kind() == Kind::func_proto ? type.payload() - 1 : nullptr;
    visit_type_ids(type.payload() - header_words, [&](const std::uint32_t& target) {
      if (&target != return_type) types_[target].is_referenced = true;
      if (needed) types_[target].is_needed = true;
    });
  }
}

void COrder::order(TypeId root, std::vector<TypeId>& queue) {
  queue_ = &queue;
  visit(root, false, 0);
}

/// True: what refers to the type can be defined only after it. False: a declaration will do.
bool COrder::visit(TypeId id, bool through_pointer, unsigned depth) {
  Type& state = types_[raw(id)];
  if (state.state == State::ordered) return true;
  const TypeView type = btf_.type(id);
  if (state.state == State::ordering) {
    if (is_composite(type.kind()) && through_pointer && type.is_named()) return false;
    unsatisfiable(id);
  }
  budget_.spend(id);
  WorkBudget::check_depth(depth, id);
  // Inside its own definition a type can be met again, and meet itself once more through a pointer. A third time means
  // going round in circles without any definition on the way.
  std::uint8_t& entered = state.entered[through_pointer ? 1 : 0];
  if (entered == 2) unsatisfiable(id);
  ++entered;
  const bool is_strong = visit_parts(id, type, through_pointer, depth + 1);
  --entered;
  return is_strong;
}

/// What only leads to an ordered type is as good as ordered itself: that says the same, and keeps chains from being
/// followed to their end again for each of their types.
void COrder::settle(Type& state, TypeId target) const {
  if (types_[raw(target)].state == State::ordered) state.state = State::ordered;
}

bool COrder::visit_parts(TypeId id, TypeView type, bool through_pointer, unsigned depth) {
  Type& state = types_[raw(id)];
  switch (type.kind()) {
    case Kind::ptr: {
      const bool is_strong = visit(type.target(), true, depth);
      state.state = State::ordered;
      return is_strong;
    }
    case Kind::array: {
      const bool is_strong = visit(type.element(), false, depth);
      settle(state, type.element());
      return is_strong;
    }
    case Kind::struct_:
    case Kind::union_:
      if (through_pointer && type.is_named()) return false;
      state.state = State::ordering;
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) visit(type.member(i).type, false, depth);
      if (type.is_named()) queue_->push_back(id);
      state.state = State::ordered;
      return true;
    case Kind::enum_:
    case Kind::enum64:
    case Kind::fwd:
      if (type.is_named() || !state.is_referenced) queue_->push_back(id);  // else it is written where it is used
      state.state = State::ordered;
      return true;
    case Kind::typedef_:
      if (!visit(type.target(), through_pointer, depth) && through_pointer) return false;
      queue_->push_back(id);
      state.state = State::ordered;
      return true;
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::type_tag: {
      const bool is_strong = visit(type.target(), through_pointer, depth);
      settle(state, type.target());
      return is_strong;
    }
    case Kind::func_proto: {
      bool is_strong = visit(type.target(), through_pointer, depth);
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        if (visit(type.param(i).type, through_pointer, depth)) is_strong = true;
      }
      return is_strong;
    }
    default:  // numbers, and what C does not need
      state.state = State::ordered;
      return false;
  }
}

bool COrder::matters(TypeId id, unsigned depth) {
  const Type& state = types_[raw(id)];
  if (state.state == State::ordered) return false;
  const TypeView type = btf_.type(id);
  if (!needs_targets(type.kind())) return state.is_needed;
  if (depth > 64) return true;  // not worth knowing exactly
  budget_.spend(id);
  switch (type.kind()) {
    case Kind::array:
      return matters(type.element(), depth + 1);
    case Kind::ptr:  // to be marked as ordered makes no difference to what a visit would return anyway
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::type_tag:
      return matters(type.target(), depth + 1);
    case Kind::func_proto:
      if (matters(type.target(), depth + 1)) return true;
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        if (matters(type.param(i).type, depth + 1)) return true;
      }
      return false;
    default:
      return true;
  }
}

}  // namespace btfx
