#include "btf/kinds.h"

#include <algorithm>

namespace btfx {

std::optional<Kind> kind_of_name(std::string_view name) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  for (std::uint32_t i = 1; i < known_kinds; ++i) {
    const std::string_view known = kind_table[i].name;
    if (std::ranges::equal(name, known, {}, upper)) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

}  // namespace btfx
