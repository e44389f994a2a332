// Patterns as the shell has them.
#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <span>
#include <string>

namespace btfx {

/// Whether `text` matches one of the patterns, by the rules of fnmatch(3): `*`, `?`, `[...]`.
inline bool matches_any_glob(std::span<const std::string> globs, const char* text) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return ::fnmatch(glob.c_str(), text, 0) == 0; });
}

}  // namespace btfx
