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

/// Whether a text is more than printable ASCII, so that printable() might change it; NUL counts as printable. Fast.
bool may_be_unprintable(std::string_view text);

/// The text with each byte of its control characters, and each that is not UTF-8, as `\xNN`, so that it cannot break a
/// line or command a terminal.
std::string printable(std::string_view text);

/// A JSON document with the control characters that JSON allows (DEL, C1, ...) written as `\uNNNN`.
std::string printable_json(std::string document);

/// What stands between the quotes of a JSON string with this text: bytes that are not UTF-8 become U+FFFD.
std::string json_escaped(std::string_view text);

}  // namespace btfx
