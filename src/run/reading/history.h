// Reading the kernels that `diff` follows types through.
#pragma once

#include <string>
#include <vector>

#include "results/history.h"
#include "run/context.h"

namespace btfx {

/// What came of it.
struct HistoryAnswer {
  History history;
  bool all_found = true;  ///< false: a name without wildcards is in none of the kernels, of which is warned
};

/// Reads the kernels and traces what the patterns name; see transform/diff/history.h. A source is whatever
/// read_base_source() takes. Throws Error.
HistoryAnswer read_history(const std::vector<std::string>& sources, const std::vector<std::string>& names,
                           const Context& context);

}  // namespace btfx
