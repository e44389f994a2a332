// Which files of a directory tree are read.
#pragma once

#include <filesystem>

namespace btfx {

/// Whether a directory entry is a regular file, or a link to one, whose end can be reached. Files that procfs, tracefs
/// and debugfs make up are not: they have no size, and reading one may wait for ever (/proc/kmsg).
bool is_plain_file(const std::filesystem::directory_entry& entry);

}  // namespace btfx
