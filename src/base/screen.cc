#include "base/screen.h"

#include <algorithm>

namespace btfx {

namespace {

constexpr bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

/// Where the character behind the one at `at` begins. An escape sequence of colours belongs to what follows it.
std::size_t next_character(std::string_view text, std::size_t at) {
  while (text.substr(at).starts_with("\x1b[")) at = std::min(text.find('m', at), text.size() - 1) + 1;
  if (at < text.size()) ++at;
  while (at < text.size() && continues_character(text[at])) ++at;
  return at;
}

/// Where the character of that number begins.
std::size_t offset_of(std::string_view text, std::size_t number) {
  std::size_t at = 0;
  for (; number != 0 && at < text.size(); --number) at = next_character(text, at);
  return at;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\x1b[")) {
      at = std::min(text.find('m', at), text.size() - 1);
    } else if (!continues_character(text[at])) {
      ++width;
    }
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t width) {
  constexpr std::string_view gap = "...";
  const std::size_t whole = text_width(text);
  if (whole <= width) return std::string(text);
  if (width <= gap.size()) return std::string(first_characters(text, width));
  const std::size_t kept = width - gap.size();
  const std::size_t end = kept - kept / 3;  // the end says more: of a path it is the name
  return std::string(first_characters(text, kept - end)) + std::string(gap) +
         std::string(text.substr(offset_of(text, whole - end)));
}

std::string_view first_characters(std::string_view text, std::size_t width) {
  return text.substr(0, offset_of(text, width));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  while (text_width(text) > width) {
    const std::size_t limit = offset_of(text, width);
    // A blank just behind what fits is a place to end, too.
    const std::size_t blank = text.substr(0, limit + 1).rfind(' ');
    const bool breaks_word = blank == std::string_view::npos || blank == 0;
    lines.emplace_back(text.substr(0, breaks_word ? limit : blank));
    text.remove_prefix(breaks_word ? limit : blank + 1);
  }
  lines.emplace_back(text);
  return lines;
}

std::string wrapped_lines(std::string_view text, std::size_t width) {
  constexpr std::size_t further = 4;
  if (width == 0) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (text_width(line) <= width) {
      result.append(line).append("\n");
      continue;
    }
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t hanging = std::min(indent + further, width / 2);
    const std::size_t first = width - std::min(indent, width - 1);
    std::string_view rest = line.substr(indent);
    const std::string begin = wrapped(rest, first).front();
    result.append(indent, ' ').append(begin).append("\n");
    rest.remove_prefix(begin.size());
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.empty()) continue;
    for (const std::string& more : wrapped(rest, width - hanging)) {
      result.append(hanging, ' ').append(more).append("\n");
    }
  }
  return result;
}

}  // namespace btfx
