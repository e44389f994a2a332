#include "emit/report/html.h"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <stdexcept>

#include "base/built_in_file.h"

namespace btfx {

std::span<const BuiltInFile> page_files();  // src/emit/report/page/; defined by the build

namespace {

std::string_view page_file(std::string_view name, std::string_view suffix) {
  for (const BuiltInFile& file : page_files()) {
    if (file.name.starts_with(name) && file.name.substr(name.size()) == suffix) return file.text;
  }
  throw std::out_of_range(fmt::format("no file {}{} is part of the program", name, suffix));
}

/// Bytes of the UTF-8 sequence that `text` begins with; 0 when it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool no_character = (first == 0xed && byte(1) >= 0xa0) || (first == 0xf4 && byte(1) >= 0x90);
  return overlong || no_character ? 0 : length;
}

}  // namespace

std::string html_escaped(std::string_view text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const char c = text[0];
    const bool is_control = (c >= 0 && c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
    if (length == 0 || is_control) {
      result += replacement;
    } else if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else if (c == '\'') {
      result += "&#39;";
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string html_begin(std::string_view name, std::string_view title) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{}"
      "</style>\n</head>\n<body>\n",
      title, page_file(name, ".css"));
}

std::string html_end(std::string_view name) {
  return fmt::format("<script>\n{}</script>\n</body>\n</html>\n", page_file(name, ".js"));
}

}  // namespace btfx
