// Which composites a layout dump shows: those selected, of which the answer to a question may leave a few.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "btf/composite_layout.h"
#include "emit/dump/selection.h"

namespace btfx {

/// What pahole is asked about structs. Of several questions all must be answered with yes.
struct LayoutQuery {
  std::optional<std::uint64_t> holes = {};       ///< has at least so many holes
  std::optional<std::uint64_t> hole_bytes = {};  ///< has at least so many bytes of them
  std::vector<std::string> contains = {};        ///< holds one of these types by value; shell globs on names
  std::vector<std::string> pointers_to = {};     ///< holds a pointer to one of these

  [[nodiscard]] bool asks() const { return holes || hole_bytes || !contains.empty() || !pointers_to.empty(); }
};

/// A composite to show.
struct LayoutAnswer {
  TypeId id;                         ///< the selected type: the composite, or the typedef that names it
  TypeId composite;                  ///< what is laid out
  std::vector<std::string> matches;  ///< the members that contain, or point to, what was asked for
};

/// Whether a type bears a name that `contains` or `pointers_to` can ask for: `foo`, or `struct foo` as C spells it.
bool answers_to(TypeView type, const std::string& glob);

/// The selected composites, with typedefs that name anonymous ones, that answer the query; other types are passed over.
/// `anonymous` says whether composites without a name count.
std::vector<LayoutAnswer> find_layouts(const Btf& btf, const CompositeLayouts& layouts, const TypeSelection& types,
                                       const LayoutQuery& query, bool anonymous);

/// The anonymous composite in a member, itself or as the element of arrays; with `named` one with a name as well,
/// through typedefs.
struct InnerComposite {
  TypeId composite;
  std::string dimensions;  ///< `[2][3]`
};
std::optional<InnerComposite> inner_composite(const Btf& btf, TypeId member_type, bool named);

}  // namespace btfx
