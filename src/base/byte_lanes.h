// Looks for bytes of a text eight at a time: what is asked of every string of a BTF has to be fast.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace btfx {

/// Eight bytes of a text. Each test answers with a word in which the top bit of a byte says whether the byte in its
/// place passes; the other bits mean nothing. Answers are combined with `&`, `|` and `~`. The order of the bytes does
/// not matter.
class ByteLanes {
 public:
  explicit constexpr ByteLanes(std::uint64_t word) : word_(word) {}

  /// ASCII letters become lower case; other bytes may become others that are not letters.
  [[nodiscard]] constexpr ByteLanes lower() const { return ByteLanes(word_ | each(0x20)); }
  /// The bytes above 0x7f.
  [[nodiscard]] constexpr std::uint64_t high() const { return word_; }
  /// Of the bytes up to 0x7f: those from `first` to `last`. What it says of others has to be masked with ~high().
  [[nodiscard]] constexpr std::uint64_t within(unsigned char first, unsigned char last) const {
    return at_least(first) & ~at_least(static_cast<unsigned char>(last + 1));
  }
  [[nodiscard]] constexpr std::uint64_t equal(unsigned char value) const { return within(value, value); }

  /// Whether the answer is yes for any of the bytes.
  static constexpr bool any(std::uint64_t answer) { return (answer & each(0x80)) != 0; }

 private:
  static constexpr std::uint64_t each(unsigned char value) { return std::uint64_t{0x0101010101010101} * value; }
  /// Adding the difference to 0x80 sets the top bit, and never carries into the next byte.
  [[nodiscard]] constexpr std::uint64_t at_least(unsigned char value) const {
    return (word_ & each(0x7f)) + each(static_cast<unsigned char>(0x80 - value));
  }

  std::uint64_t word_;
};

/// Whether `test`, which takes ByteLanes and answers as they do, says yes for any byte of the text. NUL bytes may be
/// put behind the text, so that the test must say no for them.
template <typename Test>
bool any_byte(std::string_view text, const Test& test) {
  constexpr std::size_t step = sizeof(std::uint64_t), block = 8 * step;
  for (; text.size() >= block; text.remove_prefix(block)) {
    std::uint64_t answer = 0;
    for (std::size_t i = 0; i < block; i += step) {  // without a branch, for compilers to make vector code of it
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, step);
      answer |= test(ByteLanes(word));
    }
    if (ByteLanes::any(answer)) return true;
  }
  std::uint64_t answer = 0;
  while (!text.empty()) {
    const std::size_t size = std::min(step, text.size());
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), size);
    answer |= test(ByteLanes(word));
    text.remove_prefix(size);
  }
  return ByteLanes::any(answer);
}

}  // namespace btfx
