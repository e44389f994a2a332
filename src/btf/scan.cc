#include "btf/scan.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "btf/fields.h"

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
        [&](std::uint64_t, InfoWord) { ++scan.types; });
  } catch (const Error& error) {
    // Of split BTF the ids are not known, so that the offset alone says where.
    throw Error(error.code(), error.sentence(), {.offset = error.place().offset});
  }
  scan.strings = static_cast<std::uint32_t>(std::ranges::count(strings, std::byte{0}));
  return scan;
}

namespace {

/// The least and the greatest of some numbers. Void and the empty name are everybody's: 0 is not counted.
struct Extent {
  std::uint32_t least = UINT32_MAX, greatest = 0;

  void add(std::uint32_t number) {
    if (number == 0) return;
    least = std::min(least, number);
    greatest = std::max(greatest, number);
  }
  /// Whether the numbers are some of 1 to `count`, all moved up by one or more.
  [[nodiscard]] bool is_moved(std::uint64_t count) const {
    return greatest != 0 && least > 1 && std::uint64_t{greatest} - least < count;
  }
};

}  // namespace

bool is_moved_root(ByteView blob) {
  try {
    const ReadHeader read = read_header(blob);
    const BtfHeader& header = read.header;
    const std::vector<LayoutEntry> layout = read_layout(blob, header);
    const std::byte* types = blob.data() + header.blob_offset(0);
    const auto word_at = [&](std::uint64_t i) { return load<std::uint32_t>(types + 4 * i, read.order); };
    Extent ids, names;
    std::vector<std::uint32_t> words;
    const std::uint32_t end =
        walk_records(header, read.order, layout, 1, word_at, [&](std::uint64_t at, InfoWord record) {
          words.resize(static_cast<std::size_t>(record_words(record, layout)));
          for (std::size_t i = 0; i < words.size(); ++i) words[i] = word_at(at + i);
          visit_type_ids(words.data(), [&](std::uint32_t id) { ids.add(id); });
          visit_names(words.data(), [&](std::uint32_t name) { names.add(name); });
          return ids.least != 1 && names.least != 1;  // else nothing is moved; with most roots that is soon known
        });
    const std::uint64_t own_types = end - 1, own_strings = header.string_length;
    if (ids.greatest <= own_types && names.greatest < own_strings) return false;
    return own_strings != 0 && ids.is_moved(own_types) && names.is_moved(own_strings - 1);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace btfx
