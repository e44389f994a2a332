// What `btfx distill` made of a module.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "btf/kinds.h"

namespace btfx {

/// What distilling one split BTF amounted to.
struct DistillStatistics {
  std::uint32_t distilled = 0;                          ///< types in the distilled base
  std::uint32_t moved = 0;                              ///< types appended to the split BTF
  std::uint64_t old_split_size = 0;                     ///< bytes of the split BTF before
  std::uint64_t base_size = 0, split_size = 0;          ///< bytes of both results
  std::array<std::uint32_t, known_kinds> of_kind = {};  ///< distilled types, by their kind in the distilled base
};

/// One module, distilled or left as it is.
struct DistilledModule {
  DistillStatistics statistics = {};
  bool is_signed = false;
  bool was_distilled = false;  ///< before, and is left as it is
  Diagnostics findings = {};
  std::vector<std::string> written = {};  ///< files

  /// Whether the result would do harm.
  [[nodiscard]] bool refused() const { return has_errors(findings); }
};

}  // namespace btfx
