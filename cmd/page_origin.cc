#include "cmd/page_origin.h"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/cli/habits.h"
#include "cmd/cli/terminal.h"

namespace btfx {

namespace {

std::int64_t time_of_pages() {
  constexpr std::uint64_t last = 253402300799;  // of the year 9999
  const std::optional<std::string_view> epoch = environment_variable("SOURCE_DATE_EPOCH");
  const std::optional<std::uint64_t> fixed = epoch ? parse_number(*epoch, 0, last) : std::nullopt;
  return fixed ? static_cast<std::int64_t>(*fixed) : static_cast<std::int64_t>(std::time(nullptr));
}

}  // namespace

PageOrigin page_origin(const Context& context) {
  PageOrigin origin{.program = "btfx " BTFX_VERSION, .command = "btfx", .time = time_of_pages()};
  for (const std::string& argument : context.arguments) origin.command += " " + in_shell(argument);
  return origin;
}

}  // namespace btfx
