// The members of a composite as its layout shows them, and those of the composites within it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "btf/btf.h"
#include "btf/composite_layout.h"
#include "emit/dump/layout_answers.h"
#include "emit/dump/work_budget.h"

namespace btfx {

/// A member on its way past.
struct LayoutMember {
  std::string_view name;
  TypeId type;
  const MemberLayout& place;
  std::uint64_t offset;                 ///< bytes, from the start of the outermost composite
  std::optional<InnerComposite> inner;  ///< whose members are shown in place of its name
};

/// One walk over a composite. It bounds the members that are visited, and how deep they are nested.
class LayoutWalk {
 public:
  /// `expand`: named composites are inner ones as well. `max_depth`: of composites within each other.
  LayoutWalk(const Btf& btf, const CompositeLayouts& layouts, bool expand, unsigned max_depth)
      : btf_(btf), layouts_(layouts), expand_(expand), max_depth_(max_depth) {}

  /// Visits the members of a composite that begins at `base`. Throws Error(malformed) beyond the bounds.
  template <typename Visit>
  void members(TypeId composite, const CompositeLayout& layout, std::uint64_t base, Visit&& visit) {
    WorkBudget::check_depth(depth_ < max_depth_ ? depth_ : WorkBudget::max_depth + 1, composite);
    ++depth_;
    const TypeView type = btf_.type(composite);
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
      budget_.spend(composite);
      const Member member = type.member(i);
      const MemberLayout& place = layout.members[i];
      visit(LayoutMember{type.btf().string(member.name), member.type, place, base + place.offset,
                         inner_composite(btf_, member.type, expand_)});
    }
    --depth_;
  }

  /// The layout of a member's inner composite.
  [[nodiscard]] CompositeLayout inner_layout(const LayoutMember& member) const {
    return layouts_.of(member.inner->composite);
  }

 private:
  static constexpr std::uint64_t max_members = std::uint64_t{1} << 20;

  const Btf& btf_;
  const CompositeLayouts& layouts_;
  const bool expand_;
  const unsigned max_depth_;
  unsigned depth_ = 0;
  WorkBudget budget_{max_members};
};

}  // namespace btfx
