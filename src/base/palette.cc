#include "base/palette.h"

#include <fmt/format.h>

namespace btfx {

namespace {

/// The number of an ANSI "select graphic rendition" sequence.
constexpr std::string_view number_of(Paint paint) {
  switch (paint) {
    case Paint::bold:
      return "1";
    case Paint::dim:
      return "2";
    case Paint::red:
      return "31";
    case Paint::green:
      return "32";
    case Paint::yellow:
      return "33";
    case Paint::cyan:
      return "36";
    case Paint::bold_red:
      return "1;31";
    case Paint::bold_magenta:
      return "1;35";
    case Paint::bold_cyan:
      return "1;36";
    case Paint::plain:
      break;
  }
  return "0";
}

}  // namespace

Paint paint_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return Paint::bold_cyan;
    case Severity::warning:
      return Paint::bold_magenta;
    case Severity::error:
      break;
  }
  return Paint::bold_red;
}

std::string painted(Paint paint, std::string_view text) {
  if (paint == Paint::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", number_of(paint), text);
}

}  // namespace btfx
