// Names from files on their way to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace btfx {

/// The text with every control character as `\xNN`, so that it cannot break a line or command a terminal.
std::string printable(std::string_view text);

}  // namespace btfx
