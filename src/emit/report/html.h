// Text in HTML, and the frame of pages that need nothing beside them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace btfx {

/// What a page says of itself, so that its reader can make it again.
struct PageOrigin {
  std::string program;    ///< with its version: "btfx 0.1.0"
  std::string command;    ///< as a shell takes it
  std::int64_t time = 0;  ///< seconds since 1970
};

/// The text so that it stands for itself inside of elements and quoted attributes: no tag, no entity, no control
/// character, and valid UTF-8 (other bytes become U+FFFD).
std::string html_escaped(std::string_view text);

/// A sentence, escaped, in which what stands between backticks is code.
std::string html_sentence(std::string_view text);

/// JSON that may stand in a script element: nothing in it looks like a tag, and no control character or turn of the
/// direction of writing stands in it as it is, whatever the strings hold.
std::string json_in_html(const nlohmann::json& value);

/// A page up to `<body>`: its title (already escaped) and its style, page/PART.css for each part. Throws
/// std::out_of_range when there is no such file.
std::string html_begin(std::initializer_list<std::string_view> parts, std::string_view title);

/// The line about the origin: program, date and command. A long command is cut in its middle.
std::string html_origin(const PageOrigin& origin);

/// The list that page/list.js fills: a filter and `controls` (HTML) above, and room for details beside.
std::string html_list(std::string_view controls);

/// What the scripts of a page read: a JSON document made of json_in_html().
std::string html_data(std::string_view json);

/// The end of a page: its script, page/PART.js for each part.
std::string html_end(std::initializer_list<std::string_view> parts);

}  // namespace btfx
