// Which strings cannot be names in C.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// Whether the character may stand in an identifier, though perhaps not at its beginning.
constexpr bool is_identifier_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// Whether the text is empty or an identifier, of C or C++.
bool is_identifier(std::string_view text);

/// Where in the strings of a BTF and its bases there are characters that no identifier has: hardly anywhere, so that
/// most names need not be looked at.
class OddStrings {
 public:
  explicit OddStrings(const Btf& btf);

  /// Whether the string at an offset may hold such a character. False only when it holds none.
  [[nodiscard]] bool may_hold(StringOffset offset) const { return blocks_[raw(offset) / block_size] != 0; }

 private:
  static constexpr std::size_t block_size = 256;  // bytes

  static bool is_plain(std::string_view block);
  void find(const Btf& part);

  /// For each block of the offsets: whether a string that begins in it, or goes on from it, may hold one. No
  /// vector<bool>, whose bits take more instructions to get at.
  std::vector<std::uint8_t> blocks_;
};

}  // namespace btfx
