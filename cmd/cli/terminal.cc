#include "cmd/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "cmd/cli/command.h"

namespace btfx {

namespace {

std::string_view variable(const char* name) {
  return environment_variable(name).value_or(std::string_view());
}

}  // namespace

std::optional<std::string_view> environment_variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing in btfx changes the environment
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(value);
}

bool is_terminal(int fd) {
  return ::isatty(fd) != 0;
}

TerminalSize terminal_size(int fd) {
  constexpr std::uint64_t most = 10000;
  TerminalSize size;
  winsize window{};
  if (::ioctl(fd, TIOCGWINSZ, &window) == 0) {
    if (window.ws_col != 0) size.columns = window.ws_col;
    if (window.ws_row != 0) size.lines = window.ws_row;
  }
  if (const auto columns = parse_number(variable("COLUMNS"), 1, most)) size.columns = *columns;
  if (const auto lines = parse_number(variable("LINES"), 1, most)) size.lines = *lines;
  return size;
}

bool terminal_is_able() {
  return environment_variable("TERM").value_or("dumb") != "dumb";
}

bool environment_allows_color() {
  return variable("NO_COLOR").empty() && terminal_is_able();
}

std::string pager_command() {
  for (const char* name : {"BTFX_PAGER", "PAGER"}) {
    const std::optional<std::string_view> command = environment_variable(name);
    if (command) return *command == "cat" ? std::string() : std::string(*command);
  }
  return terminal_is_able() ? "less -FRX" : "";
}

}  // namespace btfx
