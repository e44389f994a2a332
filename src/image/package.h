// Kernel packages, read as a stream without unpacking them to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace btfx {

/// What package the bytes begin like: "Debian package", "RPM package", "tar archive", "cpio archive"; empty when none.
std::string_view package_kind(ByteView bytes);
/// The same for a file that may be compressed as a whole, such as a .tar.xz: looks inside for that.
std::string_view packed_package_kind(ByteView bytes);

/// The unpacked archive with the control files of a Debian package; nothing when there is none, or when the package
/// ends before its last member does. Throws as PackageReader.
std::optional<Bytes> debian_control(const Bytes& package);

/// Walks over the regular files of a package: those in the data member of a Debian package, and in all parts of an
/// initramfs, which is several archives one after the other.
class PackageReader {
 public:
  /// `name` is used in errors. Throws Error when the content does not open as a package.
  PackageReader(Bytes content, std::string name);
  ~PackageReader();
  PackageReader(const PackageReader&) = delete;
  PackageReader& operator=(const PackageReader&) = delete;

  /// The path of the next file, without a leading `./` or `/`; nothing at the end. Throws Error(truncated, malformed).
  std::optional<std::string> next();
  /// The first bytes of the file that next() gave, at most `length` (up to 4096), before read() is called: to see what
  /// it is without unpacking it. Throws as read().
  ByteView head(std::size_t length);
  /// The content of the file that next() gave; at most once for each. Throws Error also when that is more than `limit`
  /// bytes.
  Bytes read(std::uint64_t limit = Bytes::default_limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace btfx
