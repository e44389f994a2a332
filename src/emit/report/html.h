// Text in HTML.
#pragma once

#include <string>
#include <string_view>

namespace btfx {

/// The text so that it stands for itself inside of elements and quoted attributes: no tag, no entity, no control
/// character, and UTF-8 throughout (what is none becomes U+FFFD).
std::string html_escaped(std::string_view text);

}  // namespace btfx
