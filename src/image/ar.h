// Archives of object files, as ar(1) makes them (`.a`).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace btfx {

/// One file of an archive.
struct ArMember {
  std::string name;  ///< of several with the same name all but the first end in `:2`, `:3` and so on
  Bytes content;
};

/// Whether the bytes begin like an archive of object files, and not like a Debian package, which is one as well.
bool is_ar(ByteView bytes);

/// The files of an archive, in their order, without its tables of symbols and names. `name` is used in errors. Throws
/// Error: unsupported for a thin archive, which has only the names of its files, malformed, and truncated.
std::vector<ArMember> read_ar(const Bytes& archive, const std::string& name);

}  // namespace btfx
