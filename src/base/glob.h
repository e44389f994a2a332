// Patterns as the shell has them.
#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace btfx {

/// What ends the part of a pattern that stands for itself.
inline constexpr const char* glob_characters = "*?[\\";

/// Whether a word may mean many things, or nothing, and not just itself.
inline bool is_glob(const std::string& word) {
  return word.find_first_of(glob_characters) != std::string::npos;
}

/// Whether `text` matches one of the patterns, by the rules of fnmatch(3): `*`, `?`, `[...]`.
inline bool matches_any_glob(std::span<const std::string> globs, const char* text) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return ::fnmatch(glob.c_str(), text, 0) == 0; });
}

/// The same for patterns that are compared with every name of a kernel: of most names their first two characters tell
/// that they match none.
class GlobSet {
 public:
  explicit GlobSet(std::span<const std::string> globs) {
    for (const std::string& glob : globs) {
      const std::size_t plain = std::min(glob.find_first_of(glob_characters), glob.size());
      patterns_.push_back({glob, plain});
      if (plain >= 2 || plain == glob.size()) {
        beginnings_.set(beginning(glob.c_str()));
      } else if (plain == 1) {
        for (std::size_t second = 0; second < 256; ++second) beginnings_.set(beginning(glob[0], second));
      } else {
        beginnings_.set();
      }
    }
  }

  /// Whether the first two characters leave open that a name matches; nothing in it branches.
  [[nodiscard]] bool may_match(const char* text) const { return beginnings_.test(beginning(text)); }
  [[nodiscard]] bool matches(const char* text) const {
    return may_match(text) &&
           std::ranges::any_of(patterns_, [&](const Pattern& pattern) { return pattern.matches(text); });
  }

 private:
  struct Pattern {
    std::string glob;
    std::size_t plain;  // how many characters from its start on stand for themselves

    [[nodiscard]] bool matches(const char* text) const {
      if (plain != 0 && glob[0] != *text) return false;
      return plain == glob.size() ? glob == text : ::fnmatch(glob.c_str(), text, 0) == 0;
    }
  };

  static std::size_t beginning(char first, std::size_t second) {
    return std::size_t{static_cast<unsigned char>(first)} << 8 | second;
  }
  static std::size_t beginning(const char* text) {
    return beginning(text[0], text[0] == '\0' ? 0 : static_cast<unsigned char>(text[1]));
  }

  std::vector<Pattern> patterns_;
  std::bitset<65536> beginnings_;  // of what may match
};

}  // namespace btfx
