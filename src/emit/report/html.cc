#include "emit/report/html.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstddef>
#include <ctime>
#include <nlohmann/json.hpp>
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

std::string html_sentence(std::string_view text) {
  std::string result;
  for (std::size_t begin = text.find('`'); begin != std::string_view::npos; begin = text.find('`')) {
    const std::size_t end = text.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    result += html_escaped(text.substr(0, begin));
    result += fmt::format("<code>{}</code>", html_escaped(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
  return result + html_escaped(text);
}

std::string json_in_html(const nlohmann::json& value) {
  std::string text;
  for (const char c : printable_json(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string html_begin(std::initializer_list<std::string_view> parts, std::string_view title) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n",
      title);
  for (const std::string_view part : parts) page += page_file(part, ".css");
  return page + "</style>\n</head>\n<body>\n";
}

std::string html_origin(const PageOrigin& origin) {
  constexpr std::size_t most = 400;
  std::string command = origin.command;
  if (command.size() > most) {
    command = command.substr(0, most / 2) + " \u2026 " + command.substr(command.size() - most / 2);
  }
  return fmt::format("<p class=\"made\">{}, {:%Y-%m-%d %H:%M} UTC: <code>{}</code></p>\n", html_escaped(origin.program),
                     fmt::gmtime(static_cast<std::time_t>(origin.time)), html_escaped(command));
}

std::string html_list(std::string_view controls) {
  return fmt::format(
      "<noscript><p>The list needs scripts.</p></noscript>\n"
      "<div class=\"controls\"><input id=\"text\" type=\"search\" placeholder=\"filter\" aria-label=\"filter\">{}"
      "<span id=\"shown\"></span></div>\n"
      "<main><div id=\"box\" tabindex=\"0\"><div id=\"space\"><table id=\"table\"><thead><tr></tr></thead>"
      "<tbody></tbody></table></div></div>\n"
      "<aside id=\"panel\" hidden><button id=\"close\" aria-label=\"close\">\u00d7</button>"
      "<div id=\"details\"></div></aside></main>\n",
      controls);
}

std::string html_data(std::string_view json) {
  return fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n", json);
}

std::string html_end(std::initializer_list<std::string_view> parts) {
  std::string page = "<script>\n";
  for (const std::string_view part : parts) page += page_file(part, ".js");
  return page + "</script>\n</body>\n</html>\n";
}

}  // namespace btfx
