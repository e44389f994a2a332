// RPM packages whose payload names its files by number: the default of rpm 6. libarchive reads the older form alone.
//
// Words: the *lead* is the fixed start of the file; two *headers* follow, the signature and the package's own, each an
// index of tags and a store of their values; the rest is the *payload*, a compressed cpio archive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace btfx {

/// One file of a package, as the package's header describes it.
struct RpmFile {
  std::string path;
  std::uint32_t mode = 0;  ///< type and permissions, as stat(2) has them
  std::uint64_t size = 0;  ///< what its entry in the payload holds: nothing for all but the last of several hard links
};

/// What the headers of a package say.
struct RpmHeader {
  std::string name, version, architecture;  ///< the version with the release: "6.12.0-1.fc42"
  std::vector<std::string> needs;           ///< names that it requires, most of them of packages
  std::vector<RpmFile> files;               ///< in the order of their numbers
  std::uint64_t payload_offset = 0;         ///< where the payload begins in the package
};

/// Reads the headers. Throws Error(truncated, malformed) with the offset of what is wrong. Source: the RPM package
/// format, version 4 and 6.
RpmHeader read_rpm_header(const Bytes& package);

/// Whether an unpacked payload begins like an archive that names its files by number.
bool is_numbered_cpio(ByteView payload);

/// Makes an ordinary cpio archive ("newc") of one that names its files by number, piece by piece.
class NumberedCpio {
 public:
  explicit NumberedCpio(std::vector<RpmFile> files) : files_(std::move(files)), written_(files_.size()) {}

  /// Takes the next piece of the numbered archive, and appends what it amounts to. Throws Error(malformed,
  /// unsupported).
  void translate(ByteView piece, std::string& out);

 private:
  void take_header(std::string& out);

  std::vector<RpmFile> files_;
  std::vector<bool> written_;  // the entries that have come
  std::string header_;         // as much of the next entry's header as has come
  std::uint64_t content_ = 0;  // how much of a file's content, padding included, is still to come
  bool at_end_ = false;        // the trailer has come
};

}  // namespace btfx
