#include "transform/relocate/module_uses.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <unordered_set>
#include <vector>

#include "btf/measure.h"

namespace btfx {

namespace {

constexpr std::uint64_t least_steps = 65536, steps_per_word = 16;

std::string composite_word(TypeView type) {
  return type.kind() == Kind::union_ ? "union" : "struct";
}

/// Whether to hold a type of that kind by value is to hold what it refers to by that reference.
bool passes_value(Kind kind, std::uint32_t reference) {
  return is_modifier(kind) || kind == Kind::typedef_ || (kind == Kind::array && reference == 0);
}

}  // namespace

ModuleUses::ModuleUses(const Btf& split)
    : split_(split), steps_left_(least_steps + steps_per_word * split.own_words().size()) {}

const Referrers& ModuleUses::referrers() {
  if (!referrers_) referrers_.emplace(split_, TypeId{1});
  return *referrers_;
}

std::string ModuleUses::member_name(TypeView composite, std::uint32_t element) const {
  return std::string(split_.string(composite.member(element).name));
}

/// "member `a.b` of struct foo": anonymous composites are named by what holds them.
std::string ModuleUses::describe_member(TypeId composite, std::uint32_t element) {
  std::string path = member_name(split_.type(composite), element);
  const auto member = [&path] { return path.empty() ? "an anonymous member" : fmt::format("member `{}`", path); };
  TypeId at = composite;
  for (int step = 0; step < max_chain; ++step) {
    const TypeView type = split_.type(at);
    if (is_composite(type.kind())) {
      if (at != composite) {
        const std::string name = member_name(type, element);
        if (!name.empty()) path = path.empty() ? name : name + "." + path;
      }
      if (!type.name().empty()) return fmt::format("{} of {} {}", member(), composite_word(type), type.name());
    } else if (type.kind() == Kind::typedef_) {
      return fmt::format("{} of {}", member(), type.name());
    } else if (type.kind() == Kind::var) {
      return fmt::format("{} of variable `{}`", member(), type.name());
    } else if (type.kind() != Kind::array && !is_modifier(type.kind())) {
      break;
    }
    const Referrer* const referrer = referrers().first(at);
    if (referrer == nullptr) break;
    at = referrer->id;
    element = referrer->element;
  }
  return fmt::format("{} of an anonymous {}", member(), composite_word(split_.type(composite)));
}

/// "parameter 2 of function `f`", or whatever leads to the prototype.
std::string ModuleUses::describe_parameter(TypeId prototype, std::uint32_t element) {
  const TypeView type = split_.type(prototype);
  const std::string what = element == type.vlen() ? "the return value" : fmt::format("parameter {}", element + 1);
  TypeId at = prototype;
  std::uint32_t from = 0;
  for (int step = 0; step < max_chain; ++step) {
    const TypeView view = split_.type(at);
    if (view.kind() == Kind::func) return fmt::format("{} of function `{}`", what, view.name());
    if (view.kind() == Kind::typedef_) return fmt::format("{} of functions of type {}", what, view.name());
    if (view.kind() == Kind::var) return fmt::format("{} of what variable `{}` points to", what, view.name());
    if (is_composite(view.kind())) return fmt::format("{} of what {} points to", what, describe_member(at, from));
    const Referrer* const referrer = referrers().first(at);
    if (referrer == nullptr) break;
    at = referrer->id;
    from = referrer->element;
  }
  return what + " of a function";
}

std::string ModuleUses::describe(const TypeFit& fit) {
  if (fit.uses == 0) {
    const Kind kind = split_.type(fit.id).kind();
    return is_composite(kind) || kind == Kind::fwd ? "pointers only" : "";
  }
  const TypeView holder = split_.type(fit.holder);
  if (fit.has(HeldAs::member)) return describe_member(fit.holder, fit.element);
  switch (holder.kind()) {
    case Kind::var:
      return fmt::format("variable `{}`", holder.name());
    case Kind::func_proto:
      return describe_parameter(fit.holder, fit.element);
    case Kind::typedef_:
      return fmt::format("type name {}", holder.name());
    default:
      return "an array";
  }
}

std::string ModuleUses::describe_others(const TypeFit& fit) {
  std::unordered_set<std::uint32_t> seen{raw(fit.id)};
  std::vector<TypeId> reached{fit.id};
  std::optional<Referrer> first;
  std::size_t count = 0;
  while (!reached.empty()) {
    const Referrer* referrer = referrers().first(reached.back());
    reached.pop_back();
    for (; referrer != nullptr; referrer = referrers().next(*referrer)) {
      if (steps_left_ == 0) return {};
      --steps_left_;
      const Kind kind = split_.type(referrer->id).kind();
      if (is_composite(kind)) {
        if (referrer->id == fit.holder) continue;
        if (seen.insert(raw(referrer->id)).second) ++count;
        // Several of its members may hold it, under one modifier or another.
        const auto place = [](const Referrer& one) { return std::pair(one.id, one.element); };
        if (!first || place(*referrer) < place(*first)) first = *referrer;
      } else if (passes_value(kind, referrer->element) && seen.insert(raw(referrer->id)).second) {
        reached.push_back(referrer->id);
      }
    }
  }
  if (!first) return {};
  const std::string who = describe_member(first->id, first->element);
  steps_left_ -= std::min<std::uint64_t>(steps_left_, who.size());
  if (count == 1) return ", as does " + who;
  return fmt::format(", as do {} and {} other{}", who, count - 1, count == 2 ? "" : "s");
}

std::string ModuleUses::describe_need(TypeId wanted) {
  // The lists of all types that lead to it are gone through as one, the lowest id first.
  const auto is_later = [](const Referrer* a, const Referrer* b) { return a->id > b->id; };
  std::priority_queue<const Referrer*, std::vector<const Referrer*>, decltype(is_later)> waiting(is_later);
  const auto wait_for = [&](const Referrer* referrer) {
    if (referrer != nullptr) waiting.push(referrer);
  };
  const auto tell = [&](std::string who) {
    steps_left_ -= std::min<std::uint64_t>(steps_left_, who.size());
    return who;
  };
  std::unordered_set<std::uint32_t> leads{raw(wanted)};
  TypeId type_name = void_id, nameless = void_id;
  wait_for(referrers().first(wanted));
  while (!waiting.empty()) {
    if (steps_left_ == 0) return {};
    --steps_left_;
    const Referrer& referrer = *waiting.top();
    waiting.pop();
    wait_for(referrers().next(referrer));
    const TypeId id = referrer.id;
    const TypeView type = split_.type(id);
    const Kind kind = type.kind();
    if (!leads.insert(raw(id)).second) continue;
    if (is_composite(kind)) return tell(describe_member(id, referrer.element));
    if (kind == Kind::var) return tell(fmt::format("variable `{}`", type.name()));
    // Of a prototype the return value comes first.
    if (kind == Kind::func_proto) {
      return tell(describe_parameter(id, referrer.element == 0 ? type.vlen() : referrer.element - 1));
    }
    if (kind == Kind::typedef_ && type_name == void_id) type_name = id;
    if (nameless == void_id) nameless = id;
    wait_for(referrers().first(id));
  }
  if (type_name != void_id) return tell(fmt::format("type name {}", split_.type(type_name).name()));
  if (nameless == void_id) return {};
  return fmt::format("a type without a name, {} [{}]", kind_info(split_.type(nameless).kind()).name, raw(nameless));
}

}  // namespace btfx
