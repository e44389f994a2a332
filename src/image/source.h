// Sources as a user names them: files, packages, directories, releases, the running kernel. And where the base of a
// module is.
#pragma once

#include <optional>
#include <string>

#include "image/image.h"

namespace btfx {

/// Where kernels are looked for. Tests and chroots set their own.
struct SearchPaths {
  std::string root;     ///< put before /sys, /boot, /lib, /usr; empty: the system's own
  std::string running;  ///< the release of the running kernel; empty: none is running
  /// This system's: no root, and the release of uname(2).
  static const SearchPaths& system();
};

/// Reads a source that is one BTF carrier: a path, `-` (standard input), `running` (the running kernel), a kernel
/// release, of which the first image that carries BTF is taken, or `PACKAGE:PATH`, a file in a package. A path that
/// exists wins over the words. Throws Error. See the sources in the manual page.
Image read_source(const std::string& source, const SearchPaths& paths = SearchPaths::system());
/// The same where a base is meant: a package or a directory is also taken, for the kernel image in it, in a companion
/// of the package (image/package_summary.h), or in a package in the directory. An archive without kernel images is
/// taken for the raw BTF of a kernel in it. Kernels of several releases are an Error that names them.
Image read_base_source(const std::string& source, const SearchPaths& paths = SearchPaths::system());

/// The file in a directory, at its top or in the places of an unpacked package, with the kernel image of a release, or
/// the package in it. Nothing when there is none, or it is no directory.
std::optional<std::string> kernel_in_directory(const std::string& directory, const std::string& release);
/// Whether there is a kernel image in a package itself or in a directory, companions of the package left out. Throws
/// Error when it cannot be read.
bool holds_kernel(const std::string& source);

/// Where a base for `image` was found, and why there.
struct FoundBase {
  std::string source;  ///< to be read with read_base_source()
  std::string reason;  ///< e.g. "vermagic says 6.12.115+deb12-amd64"
};
/// Looks for the base of a split BTF, in this order: the vmlinux beside a sysfs module; the kernel image of the package
/// a member came from, or of a companion beside it or given; the kernel image in the tree that a module lies in, where
/// that is not the system's own; the release its vermagic names in the usual places; directories that were given.
/// Nothing when none is found. Throws Error when none is found and the package could not be searched.
std::optional<FoundBase> find_base(const Image& image, const SearchPaths& paths = SearchPaths::system());

}  // namespace btfx
