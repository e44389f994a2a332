// Text for a screen of a given width. Widths are in characters of UTF-8, each taken to fill one column of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace btfx {

/// What the results are shown on.
struct Screen {
  std::size_t width = 0;  ///< columns; 0 when lines may have any length, as in files and pipes
  bool color = false;     ///< whether colours are wanted
};

/// The width of a text. Colours (see painted()) have none.
std::size_t text_width(std::string_view text);

/// A text without colours that fits in `width`: "..." stands for what is left out of its middle.
std::string shortened(std::string_view text, std::size_t width);

/// The first `width` characters of a text without colours.
std::string_view first_characters(std::string_view text, std::size_t width);

/// A text as lines of at most `width`, which is taken as 1 when it is 0. They end at blanks; a longer word is broken.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// Whole lines, each of which fits in `width`: the further lines that one becomes are indented by four more blanks than
/// it is. Unchanged when `width` is 0.
std::string wrapped_lines(std::string_view text, std::size_t width);

}  // namespace btfx
