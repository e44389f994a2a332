// Which strings are not plain words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace btfx {

/// Where in the strings of a BTF and its bases there is something besides ASCII letters, digits and underscores, or a
/// string that is rather long: hardly anywhere, so that most names need not be looked at.
class OddStrings {
 public:
  /// Strings of at least so many bytes may be taken for odd, longer ones are.
  static constexpr std::size_t long_string = 64;
  static constexpr std::size_t longest_plain = 2 * long_string - 2;

  /// Of a section that begins at the offset `start`, behind the sections that `before` knows; null: there are none.
  OddStrings(std::string_view strings, std::uint32_t start, const OddStrings* before);

  /// Whether the string at an offset may be odd. False only when it is not. The offset is inside the strings.
  [[nodiscard]] bool may_be_odd(std::uint32_t offset) const { return blocks_[offset / block_size] != 0; }

 private:
  static constexpr std::size_t block_size = 256;  // bytes
  static_assert(block_size % long_string == 0);

  static std::size_t odd_at(std::string_view block, std::size_t from);
  void find(std::string_view strings, std::uint32_t start);

  /// For each block of the offsets: whether a string that begins in it, or goes on from it, may be odd. No
  /// vector<bool>, whose bits take more instructions to get at.
  std::vector<std::uint8_t> blocks_;
};

}  // namespace btfx
