// What the user said about bases.
#pragma once

#include <string>
#include <vector>

namespace btfx {

struct BaseChoice {
  std::vector<std::string> sources;  ///< as given with -B; the single word `none` forbids looking for one
  [[nodiscard]] bool forbidden() const { return sources.size() == 1 && sources[0] == "none"; }
  [[nodiscard]] bool given() const { return !sources.empty() && !forbidden(); }
};

}  // namespace btfx
