// The outside of a BTF blob: its header, and where one record ends and the next begins. What Btf::parse() and
// scan_btf() both rest on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/btf_wire.h"
#include "base/bytes.h"
#include "base/endian.h"
#include "base/error.h"
#include "btf/kinds.h"

namespace btfx {

/// One entry of a layout section: how long records of a kind are. Source: the BTF layout series of 2025/26.
struct LayoutEntry {
  std::uint8_t fixed_bytes;
  std::uint8_t element_bytes;
};

/// The header of a BTF, in native order. Offsets count from the header's end, `header_length` bytes into the blob.
struct BtfHeader {
  static constexpr std::uint16_t magic = btf_magic;
  static constexpr std::uint32_t old_length = btf_header_length;                   ///< without the layout fields
  static constexpr std::uint32_t layout_header_length = btf_layout_header_length;  ///< with them

  std::uint8_t version = 1;
  std::uint8_t flags = 0;
  std::uint32_t header_length = layout_header_length;
  std::uint32_t type_offset = 0, type_length = 0;
  std::uint32_t string_offset = 0, string_length = 0;
  std::uint32_t layout_offset = 0, layout_length = 0;

  /// How much of the header btfx can read: fields are there whole or not at all.
  [[nodiscard]] std::uint32_t known_length() const {
    return header_length < layout_header_length ? old_length : layout_header_length;
  }
  /// Where in the blob a word of the type section stands.
  [[nodiscard]] std::uint64_t blob_offset(std::uint64_t word) const {
    return std::uint64_t{header_length} + type_offset + 4 * word;
  }
};

/// A header that was read, and how.
struct ReadHeader {
  BtfHeader header;
  ByteOrder order = native_order;   ///< the order the blob was written in
  bool has_unknown_fields = false;  ///< bytes past the layout fields that are not zero
};

/// Reads the header of a blob and makes sure that its sections lie inside the blob, types before layout before strings.
/// Throws Error(truncated, malformed) with the offset in the blob.
ReadHeader read_header(ByteView blob);

/// The entries of the layout section, by kind; empty without one.
std::vector<LayoutEntry> read_layout(ByteView blob, const BtfHeader& header);

/// Words of a record, of a kind that btfx knows or that `layout` describes; void has a header alone.
std::uint64_t record_words(InfoWord record, std::span<const LayoutEntry> layout);

/// The length in words of the record of any kind that begins at a word of the type section. `id` is for the errors.
/// Throws Error(malformed, unsupported) when the length cannot be told, or goes past the end of the section.
std::uint64_t checked_record_words(const BtfHeader& header, ByteOrder order, std::span<const LayoutEntry> layout,
                                   std::uint64_t at, std::uint32_t id, InfoWord record);

/// Throws Error(malformed): what begins at a word of the type section is less than a record.
[[noreturn]] void throw_trailing_bytes(const BtfHeader& header, std::uint64_t at, std::uint32_t id);

/// Calls `on_record(at, info)` with the word offset of every record of the type section, in order. `word_at(i)` gives
/// the section's i-th word in native order. Ids in errors count from `first_id`. Returns the id after the last. Throws
/// Error(malformed, unsupported) when the records do not fill the section exactly. An `on_record` that returns false
/// ends the walk; what it returns then is the id of that record. A section of known kinds in native order is walked
/// faster by find_records() (btf/find_records.h).
template <typename WordAt, typename OnRecord>
std::uint32_t walk_records(const BtfHeader& header, ByteOrder order, std::span<const LayoutEntry> layout,
                           std::uint32_t first_id, const WordAt& word_at, OnRecord&& on_record) {
  const std::uint64_t count = header.type_length / 4;
  std::uint32_t id = first_id;
  std::uint64_t at = 0;
  while (count - at >= header_words) {
    const InfoWord record(word_at(at + 1));
    std::uint64_t length = is_known(record.kind()) && record.kind() != Kind::unkn ? record_words(record) : 0;
    if (length == 0 || length > count - at) length = checked_record_words(header, order, layout, at, id, record);
    if constexpr (std::is_void_v<std::invoke_result_t<OnRecord, std::uint64_t, InfoWord>>) {
      on_record(at, record);
    } else if (!on_record(at, record)) {
      return id;
    }
    at += length;
    ++id;
  }
  if (4 * at != header.type_length) throw_trailing_bytes(header, at, id);
  return id;
}

}  // namespace btfx
