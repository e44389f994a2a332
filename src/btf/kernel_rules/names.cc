#include "btf/kernel_rules/names.h"

#include <algorithm>
#include <array>

namespace btfx {

namespace {

// Which bytes may stand where, one bit for each.
constexpr std::uint8_t begins_identifier = 1, in_identifier = 2, is_printable = 4;

constexpr std::array<std::uint8_t, 256> byte_classes = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < classes.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
    const bool begins = letter || c == '_' || c == '.';
    const bool continues = begins || (c >= '0' && c <= '9');
    const bool prints = (c >= 0x20 && c <= 0x7e) || c >= 0xa0;
    classes[c] = static_cast<std::uint8_t>((begins ? begins_identifier : 0) | (continues ? in_identifier : 0) |
                                           (prints ? is_printable : 0));
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

bool is_section_name(const RawBtf& subject, std::uint32_t offset, std::size_t limit) {
  const std::string_view name = subject.string(offset, limit + 1);
  return !name.empty() && name.size() <= limit && std::ranges::all_of(name, [](char c) { return is(c, is_printable); });
}

}  // namespace btfx
