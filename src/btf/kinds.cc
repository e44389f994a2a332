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

std::string lower_name(Kind kind) {
  std::string word(kind_info(kind).name);
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return word;
}

}  // namespace btfx
