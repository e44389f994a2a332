// All types of a BTF, sorted by what they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "btf/btf.h"

namespace btfx {

/// Kinds that are treated alike.
enum class TypeGroup : std::uint8_t {
  numbers,     ///< INT, FLOAT
  references,  ///< PTR, the modifiers, TYPE_TAG
  arrays,
  composites,  ///< STRUCT, UNION
  enums,       ///< ENUM, ENUM64
  typedefs,
  functions,
  prototypes,
  others,  ///< FWD, VAR, DATASEC, DECL_TAG, and what btfx does not know
};
inline constexpr std::size_t type_groups = 9;

/// The types of a BTF and its bases by group. In the BTF their kinds follow each other without a pattern: who walks
/// over all and asks each for its kind spends most time on what the processor has guessed wrong.
class TypeGroups {
 public:
  explicit TypeGroups(const Btf& btf);

  /// The types of a group, the lowest first; void is in none.
  [[nodiscard]] std::span<const TypeId> of(TypeGroup group) const {
    const std::uint32_t begin = begins_[static_cast<std::size_t>(group)];
    return {ids_.get() + begin, begins_[static_cast<std::size_t>(group) + 1] - begin};
  }
  /// Calls `visit(group, types)` for each group.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < type_groups; ++i) visit(static_cast<TypeGroup>(i), of(static_cast<TypeGroup>(i)));
  }

 private:
  std::array<std::uint32_t, type_groups + 1> begins_{};
  std::unique_ptr<TypeId[]> ids_;  // group by group
};

}  // namespace btfx
