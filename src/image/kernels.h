// Many kernels: what below a directory could be a base.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace btfx {

/// Whether a regular file on disk, wherever it is, is_kernel_file() by its name and content. False when it cannot be
/// read, unless its name is enough.
bool is_kernel_at(const std::string& path);

/// Whether a regular file below a directory is a kernel image by its place there, for is_kernel_path(), and by
/// is_kernel_at().
bool is_kernel_below(const std::string& directory, const std::string& path);

/// The files below a directory that a base may be read from, sorted: kernel images by their names, and by the start of
/// their content raw BTF that may be a root, packages and archives, each packed or not. Modules are left out, and
/// packages that list their files and have no kernel image among them. Not all need have BTF in them. Links to
/// directories are not followed. Throws Error(io) when the directory cannot be read.
std::vector<std::string> kernel_sources_below(const std::string& directory);

/// The same, with what could not be looked at.
struct KernelSources {
  std::vector<std::string> files;
  std::vector<Error> unread;  ///< files and directories, sorted
};
KernelSources all_kernel_sources_below(const std::string& directory);

}  // namespace btfx
