// The colours of everything that is printed on a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/findings.h"

namespace btfx {

enum class Paint : std::uint8_t { plain, bold, dim, red, green, yellow, cyan, bold_red, bold_magenta, bold_cyan };

/// The text in a colour, which ends with the text. `plain` leaves it as it is.
std::string painted(Paint paint, std::string_view text);

/// The colour of the word for a severity.
Paint paint_of(Severity severity);

}  // namespace btfx
