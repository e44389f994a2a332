#include "base/sequence.h"

#include <algorithm>
#include <cstddef>

namespace btfx {

std::vector<bool> longest_ascending(const std::vector<std::uint32_t>& values) {
  std::vector<std::size_t> ends, previous(values.size());  // ends: of the best sequence of each length
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = std::ranges::lower_bound(ends, values[i], {}, [&](std::size_t end) { return values[end]; });
    previous[i] = at == ends.begin() ? i : *(at - 1);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> kept(values.size());
  if (ends.empty()) return kept;
  for (std::size_t i = ends.back();; i = previous[i]) {
    kept[i] = true;
    if (previous[i] == i) return kept;
  }
}

}  // namespace btfx
