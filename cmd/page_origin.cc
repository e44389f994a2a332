#include "cmd/page_origin.h"

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace btfx {

namespace {

/// An argument as a shell takes it.
std::string shell_quoted(const std::string& argument) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) return argument;
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::int64_t time_of_pages() {
  constexpr std::uint64_t last = 253402300799;  // of the year 9999
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  const std::optional<std::uint64_t> fixed = epoch == nullptr ? std::nullopt : parse_number(epoch, 0, last);
  return fixed ? static_cast<std::int64_t>(*fixed) : static_cast<std::int64_t>(std::time(nullptr));
}

}  // namespace

PageOrigin page_origin(const Context& context) {
  PageOrigin origin{.program = "btfx " BTFX_VERSION, .command = "btfx", .time = time_of_pages()};
  for (const std::string& argument : context.arguments) origin.command += " " + shell_quoted(argument);
  return origin;
}

}  // namespace btfx
