// Text in HTML, and the frame of pages that need nothing beside them.
#pragma once

#include <string>
#include <string_view>

namespace btfx {

/// The text so that it stands for itself inside of elements and quoted attributes: no tag, no entity, no control
/// character, and valid UTF-8 (other bytes become U+FFFD).
std::string html_escaped(std::string_view text);

/// A page up to `<body>`: its title (already escaped) and its style, page/NAME.css. Throws std::out_of_range when there
/// is no such file.
std::string html_begin(std::string_view name, std::string_view title);
/// The end of a page: its script, page/NAME.js.
std::string html_end(std::string_view name);

}  // namespace btfx
