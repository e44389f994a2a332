// What `btfx list` says about one source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "base/printable.h"
#include "btf/load.h"
#include "emit/report/json_results.h"
#include "image/image.h"

namespace btfx {

/// One source, looked at. Empty strings and absent values: there is none, or it is not known.
struct Listing {
  std::string source;
  std::optional<Error> error = {};  ///< the source could not be read, and nothing below is set
  std::string file = {};            ///< what it is without wrappings: raw, module, vmlinux, kernel, bpf, object, elf
  std::vector<std::string> wrappings = {};
  std::vector<std::pair<std::string, std::uint64_t>> sections = {};  ///< name and bytes, unpacked, of those about BTF
  std::optional<std::uint32_t> types = {}, strings = {};             ///< of .BTF itself, without its base
  std::optional<Relation> relation = {};
  std::optional<ByteOrder> order = {};
  std::string build_id = {}, release = {};
  std::size_t part = 1, parts = 1;  ///< which of how many BTFs in one section
};

/// Looks at an image; its base is not needed. One listing for each BTF in its section, at least one. Throws Error when
/// its BTF is malformed.
std::vector<Listing> inspect(const Image& image);

/// The line that names the columns of listing_row(), and one line about a source. Columns are separated by blanks and
/// none is empty, the source stands last. Control characters are written as \xNN.
std::string listing_header();
std::string listing_row(const Listing& listing);
JsonRecord listing_record(const Listing& listing);

}  // namespace btfx
