// Names from files on their way to a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace btfx {

/// Bytes of the UTF-8 sequence that `text` begins with; 0 when it begins with none, or is empty.
std::size_t utf8_length(std::string_view text);

/// Whether the character that a text begins with, `length` bytes long (see utf8_length()), may command a terminal: a
/// control character (C0, DEL, C1), a line separator, or one that turns the direction of writing.
bool is_control(std::string_view text, std::size_t length);

/// Whether `is_found`, which gives 0 or 1 as an unsigned char, is 1 for any byte; in blocks, so that the compiler can
/// test many at once.
template <typename IsFound>
bool any_byte(std::string_view text, const IsFound& is_found) {
  constexpr std::size_t block = 64;
  std::size_t i = 0;
  for (; i + block <= text.size(); i += block) {
    unsigned char found = 0;
    for (std::size_t k = 0; k < block; ++k) found |= is_found(static_cast<unsigned char>(text[i + k]));
    if (found != 0) return true;
  }
  unsigned char found = 0;
  for (; i < text.size(); ++i) found |= is_found(static_cast<unsigned char>(text[i]));
  return found != 0;
}

/// Whether a text is more than printable ASCII, so that printable() might change it; NUL counts as printable. Fast.
bool may_be_unprintable(std::string_view text);

/// The text with each byte of its control characters, and each that is no UTF-8, as `\xNN`, so that it cannot break a
/// line or command a terminal.
std::string printable(std::string_view text);

/// A JSON document with the control characters that JSON allows (DEL, C1, ...) written as `\uNNNN`.
std::string printable_json(std::string document);

/// What stands between the quotes of a JSON string with this text: bytes that are no UTF-8 become U+FFFD.
std::string json_escaped(std::string_view text);

}  // namespace btfx
