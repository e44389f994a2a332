// Sections of one file that are written beside each other, as files of their own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "run/context.h"

namespace btfx {

/// The paths of such files.
struct Sidecars {
  std::vector<std::string> written;
  std::vector<std::string> left;  ///< by another run: they do not belong to what was written now
};

/// Writes each section to `stem` + its name by replace_files(), since each is good for nothing without the others. What
/// is empty is not written, and if there is such a file, it stays. Throws Error(io).
Sidecars write_sidecars(const std::string& stem, const std::vector<std::pair<std::string_view, Bytes>>& sections);

/// Warns of files that another run left.
void warn_of_left(const std::vector<std::string>& left, const Context& context);

}  // namespace btfx
