#include "emit/report/html.h"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <stdexcept>

#include "base/built_in_file.h"
#include "base/printable.h"

namespace btfx {

std::span<const BuiltInFile> page_files();  // src/emit/report/page/; defined by the build

namespace {

std::string_view page_file(std::string_view name, std::string_view suffix) {
  for (const BuiltInFile& file : page_files()) {
    if (file.name.starts_with(name) && file.name.substr(name.size()) == suffix) return file.text;
  }
  throw std::out_of_range(fmt::format("no file {}{} is part of the program", name, suffix));
}

}  // namespace

std::string html_escaped(std::string_view text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    if (length == 0 || (is_control(text, length) && c != '\t' && c != '\n')) {
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
