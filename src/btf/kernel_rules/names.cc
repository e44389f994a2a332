#include "btf/kernel_rules/names.h"

#include <algorithm>
#include <array>

namespace btfx {

namespace {

constexpr std::uint32_t largest_name_offset = 0xffffff;

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

bool all_are(std::string_view text, std::uint8_t wanted) {
  return std::ranges::all_of(text, [&](char c) { return (byte_classes[static_cast<std::uint8_t>(c)] & wanted) != 0; });
}

}  // namespace

bool is_name_offset(const RawBtf& subject, std::uint32_t offset) {
  return offset <= largest_name_offset && subject.has_string(offset);
}

bool is_text(const RawBtf& subject, std::uint32_t offset) {
  return !subject.string(offset, 1).empty();
}

bool is_identifier(const RawBtf& subject, std::uint32_t offset, std::size_t limit) {
  const std::string_view name = subject.string(offset, limit + 1);
  return !name.empty() && name.size() <= limit && all_are(name.substr(0, 1), begins_identifier) &&
         all_are(name, in_identifier);
}

bool is_section_name(const RawBtf& subject, std::uint32_t offset, std::size_t limit) {
  const std::string_view name = subject.string(offset, limit + 1);
  return !name.empty() && name.size() <= limit && all_are(name, is_printable);
}

}  // namespace btfx
