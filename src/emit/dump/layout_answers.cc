#include "emit/dump/layout_answers.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "btf/measure.h"
#include "btf/spelling.h"
#include "emit/dump/work_budget.h"

namespace btfx {

namespace {

constexpr unsigned max_depth = 32;
constexpr std::uint64_t max_members = std::uint64_t{1} << 20;  // of one composite, with all that is nested in it

/// The selected types whose composites could be shown.
std::optional<TypeId> composite_of(const Btf& btf, TypeId id, bool anonymous) {
  const TypeView type = btf.type(id);
  if (is_composite(type.kind())) return type.is_named() || anonymous ? std::optional(id) : std::nullopt;
  if (type.kind() != Kind::typedef_) return std::nullopt;
  const TypeView target = btf.type(type.target());
  return is_composite(target.kind()) && !target.is_named() ? std::optional(type.target()) : std::nullopt;
}

/// Finds members whose types are among those that a query names.
class MemberSearch {
 public:
  MemberSearch(const Btf& btf, const LayoutQuery& query) : btf_(btf) {
    contained_ = matching(query.contains);
    pointed_to_ = matching(query.pointers_to);
  }

  /// The names of such members, those of anonymous ones after a dot; empty when there is no answer to one of the
  /// questions.
  std::vector<std::string> of(TypeId composite) const {
    std::vector<std::string> names;
    WorkBudget budget(max_members);
    for (const bool by_pointer : {false, true}) {
      const std::vector<bool>& wanted = by_pointer ? pointed_to_ : contained_;
      if (wanted.empty()) continue;
      const std::size_t before = names.size();
      collect(composite, wanted, by_pointer, {}, 0, budget, names);
      if (names.size() == before) return {};
    }
    return names;
  }

 private:
  /// By id; empty when nothing is asked for.
  [[nodiscard]] std::vector<bool> matching(const std::vector<std::string>& globs) const {
    std::vector<bool> found(globs.empty() ? 0 : raw(btf_.end_id()));
    for (TypeId id{1}; !globs.empty() && id != btf_.end_id(); ++id) {
      const TypeView type = btf_.type(id);
      found[raw(id)] = std::ranges::any_of(globs, [&](const std::string& glob) { return answers_to(type, glob); });
    }
    return found;
  }

  void collect(TypeId composite, const std::vector<bool>& wanted, bool by_pointer, const std::string& prefix,
               unsigned depth, WorkBudget& budget, std::vector<std::string>& names) const {
    if (depth == max_depth) return;
    const TypeView type = btf_.type(composite);
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
      budget.spend(composite);
      const Member member = type.member(i);
      const std::string_view name = type.btf().string(member.name);
      if (matches(member.type, wanted, by_pointer)) {
        names.push_back(prefix + (name.empty() ? spell_type(btf_, member.type) : std::string(name)));
      } else if (const auto inner = inner_composite(btf_, member.type, false)) {
        const std::string inside = name.empty() ? prefix : fmt::format("{}{}.", prefix, name);
        collect(inner->composite, wanted, by_pointer, inside, depth + 1, budget, names);
      }
    }
  }

  [[nodiscard]] bool matches(TypeId id, const std::vector<bool>& wanted, bool by_pointer) const {
    bool behind_pointer = !by_pointer;
    for (int step = 0; step < max_chain; ++step) {
      if (behind_pointer && wanted[raw(id)]) return true;
      const TypeView type = btf_.type(id);
      if (type.kind() == Kind::ptr && by_pointer) {
        behind_pointer = true;
        id = type.target();
      } else if (type.kind() == Kind::array) {
        id = type.element();
      } else if (is_modifier(type.kind()) || type.kind() == Kind::typedef_) {
        id = type.target();
      } else {
        return false;
      }
    }
    return false;
  }

  const Btf& btf_;
  std::vector<bool> contained_, pointed_to_;
};

bool has_holes(const CompositeLayout& layout, const LayoutQuery& query) {
  return layout.holes >= query.holes.value_or(0) && layout.sum_holes >= query.hole_bytes.value_or(0);
}

}  // namespace

bool answers_to(TypeView type, const std::string& glob) {
  if (!type.is_named()) return false;
  switch (type.kind()) {
    case Kind::int_:
    case Kind::float_:
    case Kind::struct_:
    case Kind::union_:
    case Kind::enum_:
    case Kind::enum64:
    case Kind::fwd:
    case Kind::typedef_:
      break;
    default:
      return false;
  }
  if (::fnmatch(glob.c_str(), type.btf().c_string(type.name_offset()), 0) == 0) return true;
  return glob.find(' ') != std::string::npos && ::fnmatch(glob.c_str(), spell_name(type).c_str(), 0) == 0;
}

std::vector<LayoutAnswer> find_layouts(const Btf& btf, const CompositeLayouts& layouts, const TypeSelection& types,
                                       const LayoutQuery& query, bool anonymous) {
  const MemberSearch search(btf, query);
  const bool asks_for_members = !query.contains.empty() || !query.pointers_to.empty();
  std::vector<LayoutAnswer> answers;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::optional<TypeId> composite = composite_of(btf, types[i], anonymous);
    if (!composite) continue;
    LayoutAnswer answer{types[i], *composite, {}};
    if (asks_for_members) {
      answer.matches = search.of(*composite);
      if (answer.matches.empty()) continue;
    }
    if ((query.holes || query.hole_bytes) && !has_holes(layouts.of(*composite), query)) continue;
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::optional<InnerComposite> inner_composite(const Btf& btf, TypeId member_type, bool named) {
  InnerComposite result{member_type, {}};
  for (int step = 0; step < max_chain; ++step) {
    const TypeView type = btf.type(result.composite);
    if (is_composite(type.kind())) {
      return type.is_named() && !named ? std::nullopt : std::optional(std::move(result));
    }
    if (type.kind() == Kind::array) {
      result.dimensions += fmt::format("[{}]", type.element_count());
      result.composite = type.element();
    } else if (is_modifier(type.kind()) || (named && type.kind() == Kind::typedef_)) {
      result.composite = type.target();
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace btfx
