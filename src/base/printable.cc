#include "base/printable.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "base/byte_lanes.h"

namespace btfx {

namespace {

constexpr unsigned char byte(char c) {
  return static_cast<unsigned char>(c);
}

/// The code point of a valid sequence.
std::uint32_t code_point(std::string_view sequence) {
  if (sequence.size() == 1) return byte(sequence[0]);
  std::uint32_t code = byte(sequence[0]) & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1)) code = code << 6 | (byte(c) & 0x3fU);
  return code;
}

/// The letter after the backslash for characters that JSON has a short escape for, else 0.
constexpr char escape_letter(char c) {
  switch (c) {
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\f':
      return 'f';
    case '\b':
      return 'b';
    case '\\':
    case '"':
      return c;
    default:
      return 0;
  }
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char first = byte(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(text[i]) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(text[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool no_character = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
  return overlong || no_character ? 0 : length;
}

bool is_control(std::string_view text, std::size_t length) {
  const std::uint32_t code = code_point(text.substr(0, length));
  const bool turns = code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                     (code >= 0x2066 && code <= 0x2069);
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || turns;
}

bool may_be_unprintable(std::string_view text) {
  return any_byte(text, [](ByteLanes bytes) { return bytes.high() | bytes.within(0x01, 0x1f) | bytes.equal(0x7f); });
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length != 0 && !is_control(text, length)) {
      result += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    const std::size_t bad = length == 0 ? 1 : length;
    for (const char c : text.substr(0, bad)) result += fmt::format("\\x{:02x}", byte(c));
    text.remove_prefix(bad);
  }
  return result;
}

std::string printable_json(std::string document) {
  if (!may_be_unprintable(document)) return document;
  std::string result;
  result.reserve(document.size());
  for (std::string_view text = document; !text.empty();) {
    const std::size_t length = utf8_length(text);
    if (byte(text[0]) >= 0x7f && length != 0 && is_control(text, length)) {
      result += fmt::format("\\u{:04x}", code_point(text.substr(0, length)));
    } else {
      result += text.substr(0, length == 0 ? 1 : length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string json_escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (const char letter = escape_letter(text[0])) {
      result += {'\\', letter};
    } else if (length == 0) {
      result += "\\ufffd";
    } else if (is_control(text, length)) {
      result += fmt::format("\\u{:04x}", code_point(text.substr(0, length)));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace btfx
