// What `btfx dedup` made of a module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "btf/load.h"

namespace btfx {

/// The figures of one module, or of many.
struct DedupSizes {
  std::uint64_t types_before = 0, types_after = 0;  ///< that it holds itself
  std::uint64_t bytes_before = 0, bytes_after = 0;  ///< of `.BTF`, and of `.BTF.base` if it is written anew
};

/// One module without its duplicates.
struct DedupedModule {
  DedupSizes sizes = {};
  Relation relation = Relation::split;
  bool is_signed = false;
  bool is_unchanged = false;  ///< since nothing is in it twice
  Diagnostics findings = {};
  std::vector<std::string> written = {};  ///< files
  /// Bytes of the module's file, compressed or not, where it is changed in place.
  std::optional<std::uint64_t> file_before = {}, file_after = {};

  /// Whether the result would do harm.
  [[nodiscard]] bool refused() const { return has_errors(findings); }
};

}  // namespace btfx
