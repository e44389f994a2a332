// Order in sequences: which elements moved, and which only made room.
#pragma once

#include <cstdint>
#include <vector>

namespace btfx {

/// Which of `values` make up a longest ascending sequence: the ones that kept their order. O(n log n).
std::vector<bool> longest_ascending(const std::vector<std::uint32_t>& values);

}  // namespace btfx
