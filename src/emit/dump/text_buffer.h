// Text under construction: plain memory, few bounds checks, integers by hand. What every dump formats into.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/endian.h"
#include "base/output.h"
#include "emit/dump/name_text.h"

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

/// A word of at most 15 characters, copied as a whole register rather than by its length.
class ShortWord {
 public:
  static constexpr std::size_t room = 16;  ///< bytes that copy_to() writes

  constexpr ShortWord() = default;
  explicit constexpr ShortWord(std::string_view word) : size_(static_cast<std::uint8_t>(word.size())) {
    for (std::size_t i = 0; i < word.size(); ++i) text_.at(i) = word[i];
  }
  /// Writes sixteen bytes, of which those before the returned end matter.
  char* copy_to(char* at) const {
    std::memcpy(at, text_.data(), text_.size());
    return at + size_;
  }

 private:
  std::array<char, room> text_{};
  std::uint8_t size_ = 0;
};

/// Either collects text up to a limit, or passes it on to an Output in large pieces. Written to through a TextCursor.
class alignas(64) TextBuffer {  // neighbours in an array are written by different threads
 public:
  /// Thrown when a collecting buffer would grow past its limit; what was put in before is still there.
  struct Full {};

  /// Collects. Nothing is allocated before it is needed, and it never holds more than `limit` bytes.
  explicit TextBuffer(std::size_t limit) : limit_(limit) {}
  /// Passes on: whenever enough has gathered, and in flush(). `out` outlives the buffer.
  explicit TextBuffer(Output& out) : out_(&out) {}

  /// What has been collected.
  [[nodiscard]] std::string_view text() const { return {begin_.get(), size()}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - begin_.get()); }
  /// Forgets everything after the first `size` bytes, keeping the memory.
  void truncate(std::size_t size) { at_ = begin_.get() + size; }
  /// Passes on what has gathered.
  void flush();

 private:
  friend class TextCursor;

  /// Makes room for `wanted` more bytes: by passing on or by growing.
  void make_room(std::size_t wanted);
  /// Puts a text of any length.
  void put(std::string_view text);

  std::unique_ptr<char[]> begin_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t limit_ = 0;
  std::size_t moves_ = 0;  // how often the text may have been passed on, or gone to another place
  Output* out_ = nullptr;
};

/// The place in a TextBuffer where text goes, for as long as it takes to write a few lines: kept in a register, and
/// with one check of bounds per line instead of one per piece.
///
/// begin_line() makes room for `line_room` bytes. Until the next begin_line() or put_text(), which makes room anew,
/// what the other functions put must fit in it; that is for the caller to know, and builds with sanitizers abort where
/// it does not hold. finish() hands the text over to the buffer; without it, it is as if nothing had been put since the
/// cursor was made.
class TextCursor {
 public:
  static constexpr std::size_t line_room = 512;

  explicit TextCursor(TextBuffer& buffer) : buffer_(buffer), at_(buffer.at_) {}

  void begin_line() {
    if (room() < line_room) refill();
    grant_line();
  }
  void finish() { buffer_.at_ = at_; }
  /// Goes back to where the buffer held `size` bytes.
  void rewind(std::size_t size) {
    buffer_.truncate(size);
    at_ = buffer_.at_;
  }

  void put(char c) {
    use(1);
    *at_++ = c;
  }
  template <Literal text>
  void put() {
    constexpr std::size_t size = text.view().size();
    use(size);
    std::memcpy(at_, text.text, size);
    at_ += size;
  }
  void put(const ShortWord& word) {
    use(ShortWord::room);
    at_ = word.copy_to(at_);
  }
  /// The first `size` characters of a text, which is copied as a whole.
  template <std::size_t room>
  void put(const std::array<char, room>& text, std::size_t size) {
    use(room);
    std::memcpy(at_, text.data(), room);
    at_ += size;
  }
  /// A number in decimal.
  void put_number(std::uint64_t number) {
    use(max_digits);
    at_ = write_decimal(at_, number);
  }
  void put_number(std::uint32_t number) { put_number(std::uint64_t{number}); }
  void put_number(std::int64_t number) {
    if (number < 0) put('-');
    put_number(number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number));
  }
  void put_number(std::int32_t number) { put_number(std::int64_t{number}); }

  /// A place in the text, to ask later what has been put since.
  class Mark {
   public:
    Mark() = default;
    /// What stands between this place and a later one; nothing where it has been passed on meanwhile.
    [[nodiscard]] std::optional<std::string_view> text_until(const Mark& later) const {
      if (moves_ != later.moves_) return std::nullopt;
      return std::string_view(at_, static_cast<std::size_t>(later.at_ - at_));
    }

   private:
    friend class TextCursor;
    Mark(const char* at, std::size_t moves) : at_(at), moves_(moves) {}
    const char* at_ = nullptr;
    std::size_t moves_ = 0;
  };
  [[nodiscard]] Mark mark() const { return {at_, buffer_.moves_}; }

  /// A text of any length, and room for another line after it.
  void put_text(std::string_view text) {
    finish();
    buffer_.put(text);
    at_ = buffer_.at_;
    begin_line();
  }
  /// A name, and room for another line after it.
  void put_name(NameText name) {
    constexpr std::size_t step = sizeof(std::uint64_t);  // most names end within the first two steps
    if (name.readable >= 2 * step && room() >= line_room + 2 * step) {
      std::uint64_t words[2];
      std::memcpy(words, name.text, sizeof words);
      std::memcpy(at_, words, sizeof words);
      const std::size_t first = bytes_before_nul(words[0]);
      const std::size_t length = first != step ? first : step + bytes_before_nul(words[1]);
      at_ += length;
      grant_line();
      if (length != 2 * step) return;
      name.text += length;
    }
    put_text(name.text);
  }

 private:
  static constexpr std::size_t max_digits = 20;  // of 64 bits

  TextBuffer& buffer_;
  char* at_;

  // Where there is room for what is put next, in builds that check it.
#ifdef BTFX_SANITIZED
  const char* granted_ = at_;
  void grant_line() {
    granted_ = at_ + line_room;
  }
  void use(std::size_t size) const {
    if (at_ + size > granted_) std::abort();
  }
#else
  static void grant_line() {}
  static void use(std::size_t /*size*/) {}
#endif

  [[nodiscard]] std::size_t room() const {
    return static_cast<std::size_t>(buffer_.end_ - at_);
  }
  void refill() {
    finish();
    buffer_.make_room(line_room);
    at_ = buffer_.at_;
  }

  /// How many bytes of the word, in memory order, come before its first NUL; 8 when it has none.
  static std::size_t bytes_before_nul(std::uint64_t word) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    if constexpr (native_order == ByteOrder::big) word = byte_swap(word);
    // The lowest bit set is that of the lowest NUL; bits above it may be wrong.
    const std::uint64_t found = (word - ones) & ~word & (ones << 7);
    return static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }

  /// Two digits for each number below 100.
  static constexpr auto digit_pairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
      pairs[2 * i] = static_cast<char>('0' + i / 10);
      pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
  }();
  static char* write_pair(char* at, std::uint32_t below_100) {
    std::memcpy(at, &digit_pairs[std::size_t{2} * below_100], 2);
    return at + 2;
  }
  /// One to four digits.
  static char* write_group(char* at, std::uint32_t below_10000) {
    std::uint32_t pair = below_10000;
    if (below_10000 >= 100) pair = below_10000 / 100;
    *at = static_cast<char>('0' + pair);
    at = pair < 10 ? at + 1 : write_pair(at, pair);
    return below_10000 >= 100 ? write_pair(at, below_10000 % 100) : at;
  }
  /// In groups of four digits, because nearly all numbers have one or two of them.
  static char* write_decimal(char* at, std::uint64_t number) {
    if (number < 10000) return write_group(at, static_cast<std::uint32_t>(number));
    at = number < 100000000 ? write_group(at, static_cast<std::uint32_t>(number / 10000))
                            : write_decimal(at, number / 10000);
    const auto last = static_cast<std::uint32_t>(number % 10000);
    return write_pair(write_pair(at, last / 100), last % 100);
  }
};

}  // namespace btfx
