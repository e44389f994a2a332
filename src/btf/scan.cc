#include "btf/scan.h"

#include <algorithm>

namespace btfx {

BtfScan scan_btf(ByteView blob) {
  const ReadHeader read = read_header(blob);
  const BtfHeader& header = read.header;
  const std::byte* types = blob.data() + header.blob_offset(0);
  const ByteView strings = blob.subspan(std::size_t{header.header_length} + header.string_offset, header.string_length);
  BtfScan scan{.header = header, .order = read.order};
  try {
    walk_records(
        header, read.order, read_layout(blob, header), 1,
        [&](std::uint64_t i) { return load<std::uint32_t>(types + 4 * i, read.order); },
        [&](std::uint64_t, Info) { ++scan.types; });
  } catch (const Error& error) {
    // Of split BTF the ids are not known, so that the offset alone says where.
    throw Error(error.code(), error.sentence(), {.offset = error.place().offset});
  }
  scan.strings = static_cast<std::uint32_t>(std::ranges::count(strings, std::byte{0}));
  return scan;
}

}  // namespace btfx
