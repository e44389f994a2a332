// "Did you mean": the known name that is nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace btfx {

/// The candidate nearest to `text`, when it is near: at most a third of its letters inserted, left out, changed or
/// swapped with a neighbour, or `text` is the beginning of it alone. Empty when there is none. Two letters are a
/// beginning only, and one is near to nothing.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

/// `; did you mean '...'?`, or nothing.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates);

/// `'a', 'b' or 'c'`, for messages that list what is possible.
std::string either(const std::vector<std::string>& words);

}  // namespace btfx
