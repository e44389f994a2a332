// Kernel packages, read as a stream without unpacking them to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace btfx {

/// What package the bytes begin like: "Debian package", "RPM package", "tar archive", "cpio archive"; empty when none.
std::string_view package_kind(ByteView bytes);
/// The same for a file that may be compressed as a whole, such as a .tar.xz: looks inside for that.
std::string_view packed_package_kind(ByteView bytes);

/// Whether a file of that name is a kernel module, packed or not: `NAME.ko`, `NAME.ko.xz`, ... and not what tools leave
/// beside one (`NAME.ko.debug`).
bool is_module_path(std::string_view path);
/// Whether a file at that place of a package may be a kernel's boot image or vmlinux: in a directory `boot`, or
/// directly in `modules/RELEASE`.
bool is_kernel_path(std::string_view path);
/// Whether it is one. A vmlinux or vmlinuz is so by its name, so that it can be said what is wrong with it, if
/// anything; names like `image-1.png` are those of other files as well, and `content` decides.
bool is_kernel_file(std::string_view path, const Bytes& content);
/// `path` without a suffix such as `.xz`.
std::string_view without_compression_suffix(std::string_view path);

/// Walks over the regular files of a package, those of a Debian package's data member included.
class PackageReader {
 public:
  /// `name` is used in errors. Throws Error when the content does not open as a package.
  PackageReader(Bytes content, std::string name);
  ~PackageReader();
  PackageReader(const PackageReader&) = delete;
  PackageReader& operator=(const PackageReader&) = delete;

  /// The path of the next file, without a leading `./` or `/`; nothing at the end. Throws Error(truncated, malformed).
  std::optional<std::string> next();
  /// The content of the file that next() gave; at most once for each. Throws Error also when that is more than `limit`
  /// bytes.
  Bytes read(std::uint64_t limit = Bytes::default_limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a package on disk has a kernel image in it, which may stand behind its modules.
class PackageKernel {
 public:
  explicit PackageKernel(std::string package) : package_(std::move(package)) {}
  /// The package, as a base source.
  [[nodiscard]] const std::string& package() const { return package_; }
  /// Looks for the image when first called, which reads the package up to there. Safe to call from many threads.
  [[nodiscard]] bool exists() const;
  /// It was seen, and need not be looked for.
  void found();

 private:
  std::string package_;
  mutable std::once_flag once_;
  mutable bool exists_ = false;
};

}  // namespace btfx
