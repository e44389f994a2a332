// What btfx asks of a terminal, and of the environment about it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace btfx {

/// The size of a terminal in characters.
struct TerminalSize {
  std::size_t columns = 80, lines = 24;
};

/// A variable of the environment; nothing when it is not set.
std::optional<std::string_view> environment_variable(const char* name);

bool is_terminal(int fd);

/// The size of the terminal on a descriptor: COLUMNS and LINES of the environment, where they are set to a number, else
/// what the terminal says, else 80 and 24.
TerminalSize terminal_size(int fd);

/// Whether TERM names a terminal that understands escape sequences.
bool terminal_is_able();

/// Whether colours may be used where nothing else is asked for: not with NO_COLOR, nor on a terminal without TERM.
bool environment_allows_color();

/// The command that shows long output: BTFX_PAGER, else PAGER, else `less -FRX`. Empty for none, which an empty value
/// and `cat` mean as well.
std::string pager_command();

}  // namespace btfx
