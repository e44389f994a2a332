// Which types use a type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "btf/btf.h"
#include "btf/referrers.h"
#include "transform/diff/fingerprints.h"

namespace btfx {

/// Finds what uses the own types of one BTF: what has a name, and refers to them directly or through what has none.
class Users {
 public:
  /// One pass through all types.
  explicit Users(const Btf& btf) : btf_(btf), referrers_(btf, btf.first_id()) {}

  /// The references that `prints`, of the same BTF, gives to the users of an own type, ascending and each once; a type
  /// is no user of its own. Nothing when more than `limit` references would have to be followed.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> find(const Fingerprints& prints, TypeId used,
                                                               std::size_t limit) const;

 private:
  const Btf& btf_;
  Referrers referrers_;
};

}  // namespace btfx
