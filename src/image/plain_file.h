// Which files of a directory tree are read.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace btfx {

/// Whether a directory entry is a regular file, or a link to one, whose end can be reached. Files that procfs, tracefs
/// and debugfs make up are not: they have no size, and reading one may wait for ever (/proc/kmsg).
bool is_plain_file(const std::filesystem::directory_entry& entry);

/// Calls `take(path)` for each plain file in a directory, in any order, and for those below it if `descends`. Links to
/// directories are not followed: lib/modules/RELEASE/build leads into a whole source tree. Gives the errors of those
/// that could not be read (or not to their end), each with the path of its directory as the file, sorted by that.
std::vector<Error> for_each_plain_file(const std::string& directory, bool descends,
                                       const std::function<void(const std::string&)>& take);

}  // namespace btfx
