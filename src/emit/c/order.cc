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
}

void COrder::look_at_references() {
  if (knows_references_) return;
  knows_references_ = true;
  btf_.groups().for_each([this](TypeGroup group, std::span<const TypeId> types) {
    // A function refers to a prototype alone, and of prototypes neither is asked.
    if (group != TypeGroup::functions) mark_references(types);
  });
}

void COrder::mark_references(std::span<const TypeId> types) {
  const auto mark = [this](std::uint32_t target) {
    types_[target].is_referenced = true;
    types_[target].is_needed = true;
  };
  for (const TypeId id : types) {
    const std::uint32_t* record = btf_.type(id).record();
    const Kind kind = InfoWord(record[1]).kind();
    if (kind == Kind::func_proto) {
      types_[record[2]].is_needed = true;
      for (std::uint32_t i = 0, n = InfoWord(record[1]).vlen(); i < n; ++i) mark(record[header_words + 2 * i + 1]);
    } else if (needs_targets(kind)) {
      visit_type_ids(record, mark);
    } else {
      visit_type_ids(record, [this](std::uint32_t target) { types_[target].is_referenced = true; });
    }
  }
}

bool COrder::is_referenced(TypeId id) {
  look_at_references();
  return types_[raw(id)].is_referenced;
}

void COrder::order(TypeId root, std::vector<TypeId>& queue) {
  queue_ = &queue;
  visit(root, {.through_pointer = false, .by_reference = false}, 0);
}

/// True: what refers to the type can be defined only after it. False: a declaration will do.
bool COrder::visit(TypeId id, const Way& way, unsigned depth) {
  Type& state = types_[raw(id)];
  if (state.state == State::ordered) return true;
  const TypeView type = btf_.type(id);
  if (state.state == State::ordering) {
    if (is_composite(type.kind()) && way.through_pointer && type.is_named()) return false;
    unsatisfiable(id);
  }
  budget_.spend(id);
  WorkBudget::check_depth(depth, id);
  // Inside its own definition a type can be met again, and meet itself once more through a pointer. A third time means
  // going round in circles without any definition on the way.
  if ((way.through_pointer ? state.entered_by_pointer : state.entered) == 2) unsatisfiable(id);
  state.enter(way.through_pointer);
  const bool is_strong = visit_parts(id, type, way, depth + 1);
  state.leave(way.through_pointer);
  return is_strong;
}

/// What only leads to an ordered type is as good as ordered itself: that says the same, and keeps chains from being
/// followed to their end again for each of their types.
void COrder::settle(Type& state, TypeId target) const {
  if (types_[raw(target)].state == State::ordered) state.state = State::ordered;
}

bool COrder::visit_parts(TypeId id, TypeView type, const Way& way, unsigned depth) {
  Type& state = types_[raw(id)];
  // One way to all parts: in a build without optimisation each would take room on a stack that becomes deep.
  Way on{.through_pointer = way.through_pointer};
  switch (type.kind()) {
    case Kind::ptr: {
      on.through_pointer = true;
      const bool is_strong = visit(type.target(), on, depth);
      state.state = State::ordered;
      return is_strong;
    }
    case Kind::array: {
      on.through_pointer = false;
      const bool is_strong = visit(type.element(), on, depth);
      settle(state, type.element());
      return is_strong;
    }
    case Kind::struct_:
    case Kind::union_:
      if (way.through_pointer && type.is_named()) return false;
      state.state = State::ordering;
      on.through_pointer = false;
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) visit(type.member(i).type, on, depth);
      if (type.is_named()) queue_->push_back(id);
      state.state = State::ordered;
      return true;
    case Kind::enum_:
    case Kind::enum64:
    case Kind::fwd:
      // Else it is written where it is used.
      if (type.is_named() || (!way.by_reference && !is_referenced(id))) queue_->push_back(id);
      state.state = State::ordered;
      return true;
    case Kind::typedef_:
      if (!visit(type.target(), on, depth) && way.through_pointer) return false;
      queue_->push_back(id);
      state.state = State::ordered;
      return true;
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::type_tag: {
      const bool is_strong = visit(type.target(), on, depth);
      settle(state, type.target());
      return is_strong;
    }
    case Kind::func_proto: {
      on.by_reference = false;
      bool is_strong = visit(type.target(), on, depth);
      on.by_reference = true;
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        if (visit(type.param(i).type, on, depth)) is_strong = true;
      }
      return is_strong;
    }
    default:  // numbers, and what C does not need
      state.state = State::ordered;
      return false;
  }
}

bool COrder::matters(TypeId id, unsigned depth) {
  Type& state = types_[raw(id)];
  if (state.state == State::ordered) return false;
  if (!needs_targets(btf_.kind(id))) return state.is_needed;
  if (depth > 64) return true;  // not worth knowing exactly
  budget_.spend(id);
  if (parts_matter(btf_.type(id), depth + 1)) return true;
  // A visit would do nothing but return what it returns of an ordered type, now and later.
  state.state = State::ordered;
  return false;
}

bool COrder::parts_matter(TypeView type, unsigned depth) {
  switch (type.kind()) {
    case Kind::array:
      return part_matters(type.element(), depth);
    case Kind::ptr:
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::type_tag:
      return part_matters(type.target(), depth);
    case Kind::func_proto:
      if (part_matters(type.target(), depth)) return true;
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        if (part_matters(type.param(i).type, depth)) return true;
      }
      return false;
    case Kind::struct_:
    case Kind::union_:
      // Without a name it is not defined itself, such as the union in a function that no variable of the kernel has.
      if (type.is_named() || depth > 1) return true;
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        if (part_matters(type.member(i).type, depth)) return true;
      }
      return false;
    default:
      return true;
  }
}

}  // namespace btfx
