// Files that are part of the program; cmake/embed.cmake puts them in.
#pragma once

#include <string_view>

namespace btfx {

/// The name of a file, without its folder, and its content.
struct BuiltInFile {
  std::string_view name, text;
};

}  // namespace btfx
