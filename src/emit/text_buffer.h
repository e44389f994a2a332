// Text under construction: plain memory, one bounds check per piece, integers by hand. What every dump formats into.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/endian.h"
#include "base/output.h"

namespace btfx {

/// A piece of text known at compile time, usable as a template argument.
template <std::size_t N>
struct Literal {
  char text[N] = {};

  constexpr Literal() = default;
  constexpr Literal(const char (&from)[N]) {  // NOLINT(google-explicit-constructor): a string literal is one
    for (std::size_t i = 0; i < N; ++i) text[i] = from[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

/// The literals one after the other.
template <Literal... parts>
inline constexpr auto joined = [] {
  Literal<(parts.view().size() + ... + 1)> whole;
  std::size_t at = 0;
  for (const std::string_view part : {parts.view()...}) {
    for (const char c : part) whole.text[at++] = c;
  }
  return whole;
}();

/// Either collects text up to a limit, or passes it on to an Output in large pieces.
class alignas(64) TextBuffer {
 public:
  /// Thrown when a collecting buffer would grow past its limit; what was put in before is still there.
  struct Full {};

  /// Collects. Nothing is allocated before it is needed, and it never holds more than `limit` bytes.
  explicit TextBuffer(std::size_t limit) : limit_(limit) {}
  /// Passes on: whenever enough has gathered, and in flush(). `out` outlives the buffer.
  explicit TextBuffer(Output& out) : out_(&out) {}

  void put(char c) {
    if (at_ == end_) make_room(1);
    *at_++ = c;
  }
  void put(std::string_view text) {
    if (static_cast<std::size_t>(end_ - at_) < text.size()) make_room(text.size());
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  /// A text that ends at its first NUL, which is among the `readable` bytes from `text` on.
  void put_c_string(const char* text, std::size_t readable) {
    constexpr std::size_t step = sizeof(std::uint64_t);  // most names end within the first two steps
    if (readable >= 2 * step && static_cast<std::size_t>(end_ - at_) >= 2 * step) {
      std::uint64_t words[2];
      std::memcpy(words, text, sizeof words);
      std::memcpy(at_, words, sizeof words);
      for (const std::uint64_t word : words) {
        const std::size_t length = bytes_before_nul(word);
        at_ += length;
        if (length != step) return;
      }
      text += 2 * step;
    }
    put(std::string_view(text));
  }
  /// The same with the length known to the compiler.
  template <Literal text>
  void put() {
    constexpr std::size_t size = text.view().size();
    if (static_cast<std::size_t>(end_ - at_) < size) make_room(size);
    std::memcpy(at_, text.text, size);
    at_ += size;
  }
  /// A number in decimal.
  template <std::integral Number>
  requires(!std::same_as<Number, char> && !std::same_as<Number, bool>) void put_number(Number number) {
    if (end_ - at_ < max_digits) make_room(max_digits);
    std::uint64_t magnitude = static_cast<std::uint64_t>(number);
    if constexpr (std::signed_integral<Number>) {
      if (number < 0) {
        *at_++ = '-';
        magnitude = 0 - magnitude;
      }
    }
    at_ = write_decimal(at_, magnitude);
  }

  /// What has been collected.
  [[nodiscard]] std::string_view text() const { return {begin_.get(), size()}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - begin_.get()); }
  /// Forgets everything after the first `size` bytes, keeping the memory.
  void truncate(std::size_t size) { at_ = begin_.get() + size; }
  /// Passes on what has gathered.
  void flush();

 private:
  static constexpr std::ptrdiff_t max_digits = 20;  // of 64 bits, or 19 and a sign

  /// Two digits for each number below 100.
  static constexpr auto digit_pairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
      pairs[2 * i] = static_cast<char>('0' + i / 10);
      pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
  }();

  /// How many bytes of the word, in memory order, come before its first NUL; 8 when it has none.
  static std::size_t bytes_before_nul(std::uint64_t word) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    if constexpr (native_order == ByteOrder::big) word = byte_swap(word);
    // The lowest bit set is that of the lowest NUL; bits above it may be wrong.
    const std::uint64_t found = (word - ones) & ~word & (ones << 7);
    return static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }

  static char* write_pair(char* at, std::uint32_t below_100) {
    std::memcpy(at, &digit_pairs[std::size_t{2} * below_100], 2);
    return at + 2;
  }
  /// One to four digits.
  static char* write_group(char* at, std::uint32_t below_10000) {
    if (below_10000 < 100) return write_short(at, below_10000);
    at = write_short(at, below_10000 / 100);
    return write_pair(at, below_10000 % 100);
  }
  static char* write_short(char* at, std::uint32_t below_100) {
    if (below_100 >= 10) return write_pair(at, below_100);
    *at = static_cast<char>('0' + below_100);
    return at + 1;
  }
  static char* write_full_group(char* at, std::uint32_t below_10000) {
    return write_pair(write_pair(at, below_10000 / 100), below_10000 % 100);
  }
  /// In groups of four digits, because nearly all numbers have one or two of them.
  static char* write_decimal(char* at, std::uint64_t number) {
    if (number < 10000) return write_group(at, static_cast<std::uint32_t>(number));
    at = number < 100000000 ? write_group(at, static_cast<std::uint32_t>(number / 10000))
                            : write_decimal(at, number / 10000);
    return write_full_group(at, static_cast<std::uint32_t>(number % 10000));
  }

  /// Makes room for `wanted` more bytes: by passing on or by growing.
  void make_room(std::size_t wanted);

  std::unique_ptr<char[]> begin_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t limit_ = 0;
  Output* out_ = nullptr;
};

}  // namespace btfx
