#include "btf/kernel_rules/names.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/byte_lanes.h"

namespace btfx {

namespace {

// Which bytes may stand where, one bit for each; the last: in identifiers with a NUL behind each.
constexpr std::uint8_t begins_identifier = 1, in_identifier = 2, is_printable = 4, in_identifiers = 8;

constexpr std::array<std::uint8_t, 256> byte_classes = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < classes.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
    const bool begins = letter || c == '_' || c == '.';
    const bool continues = begins || (c >= '0' && c <= '9');
    const bool prints = (c >= 0x20 && c <= 0x7e) || c >= 0xa0;
    classes[c] = static_cast<std::uint8_t>((begins ? begins_identifier : 0) | (continues ? in_identifier : 0) |
                                           (prints ? is_printable : 0) | (continues || c == 0 ? in_identifiers : 0));
  }
  return classes;
}();

bool is(char c, std::uint8_t wanted) {
  return (byte_classes[static_cast<std::uint8_t>(c)] & wanted) != 0;
}

}  // namespace

bool is_text(const RawBtf& subject, std::uint32_t offset) {
  return !subject.string(offset, 1).empty();
}

bool is_identifier(const RawBtf& subject, std::uint32_t offset, std::size_t limit) {
  const std::string_view text = subject.strings_from(offset);
  if (!is(text.front(), begins_identifier)) return false;
  const std::size_t most = std::min(text.size(), limit + 1);
  std::size_t length = 1;
  while (length < most && is(text[length], in_identifier)) ++length;
  return length <= limit && (length == text.size() || text[length] == '\0');
}

bool may_begin_identifier(char c) {
  return is(c, begins_identifier);
}

bool holds_identifiers(std::string_view strings, std::size_t limit) {
  const auto is_other = [](ByteLanes bytes) {
    const std::uint64_t letters = bytes.lower().within('a', 'z'), digits = bytes.within('0', '9');
    return bytes.high() | ~(letters | digits | bytes.equal('_') | bytes.equal('.') | bytes.equal('\0'));
  };
  // Few have letters that are not ASCII.
  if (any_byte(strings, is_other) && !std::ranges::all_of(strings, [](char c) { return is(c, in_identifiers); })) {
    return false;
  }
  // A string of more than `limit` bytes would fill an aligned block of half as many.
  const std::size_t block = limit / 2 + 1;
  for (std::size_t at = 0; at + block <= strings.size(); at += block) {
    if (std::memchr(strings.data() + at, '\0', block) == nullptr) return false;
  }
  return true;
}

bool is_section_name(const RawBtf& subject, std::uint32_t offset, std::size_t limit) {
  const std::string_view name = subject.string(offset, limit + 1);
  return !name.empty() && name.size() <= limit && std::ranges::all_of(name, [](char c) { return is(c, is_printable); });
}

}  // namespace btfx
