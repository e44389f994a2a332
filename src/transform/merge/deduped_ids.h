// What de-duplication made of the ids.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "btf/kinds.h"

namespace btfx {

/// Which types stand for which after de-duplication.
struct DedupedIds {
  TypeId first_own = void_id;
  std::vector<TypeId> own;   ///< for each own type as it was, the id that stands for it now
  std::vector<TypeId> kept;  ///< for each own type as it is now, the id it had
  /// Declarations of the base, and the own definition that own types refer to in their place now.
  std::vector<std::pair<TypeId, TypeId>> completed;
  /// Another run may find more: what stood in its way may be gone.
  bool is_incomplete = false;

  /// Behind the last own type as it was.
  [[nodiscard]] TypeId end_id() const { return TypeId{raw(first_own) + static_cast<std::uint32_t>(own.size())}; }
  /// The id that stands for an own type or one of the base now. Types of the base keep theirs.
  [[nodiscard]] TypeId find(TypeId id) const { return id < first_own ? id : own[raw(id) - raw(first_own)]; }
  /// The id that own types refer to in place of an own type or one of the base now.
  [[nodiscard]] TypeId referred(TypeId id) const;
  /// Goes on with what the next run did to the types that are left.
  void append(const DedupedIds& next);
};

}  // namespace btfx
