#include "btf/header.h"

#include <fmt/format.h>

#include <utility>

namespace btfx {

namespace {

ByteOrder read_magic(ByteView blob) {
  const auto little = load<std::uint16_t>(blob.data(), ByteOrder::little);
  if (little == BtfHeader::magic) return ByteOrder::little;
  if (byte_swap(little) == BtfHeader::magic) return ByteOrder::big;
  malformed(fmt::format("no BTF magic (0x{:04x} instead of 0x{:04x})", little, BtfHeader::magic), 0);
}

void check_sections(const BtfHeader& header, std::uint64_t room) {
  const std::uint64_t type_end = std::uint64_t{header.type_offset} + header.type_length;
  const std::uint64_t string_end = std::uint64_t{header.string_offset} + header.string_length;
  if (string_end > room) {
    throw Error(ErrorCode::truncated,
                fmt::format("strings end at {} after the header, but only {} bytes are there", string_end, room),
                {.offset = 16});
  }
  if (type_end > header.string_offset) {
    malformed(fmt::format("types end at {} after the header, strings start before that, at {}", type_end,
                          header.string_offset),
              12);
  }
  if (header.type_offset % 4 != 0)
    malformed(fmt::format("type offset {} is not a multiple of 4", header.type_offset), 8);
  if (header.layout_length != 0) {
    const std::uint64_t layout_end = std::uint64_t{header.layout_offset} + header.layout_length;
    if (header.layout_offset % 4 != 0) {
      malformed(fmt::format("layout offset {} is not a multiple of 4", header.layout_offset), 24);
    }
    if (header.layout_offset < type_end || layout_end > header.string_offset) {
      malformed(fmt::format("layout section [{}, {}) does not lie between types and strings", header.layout_offset,
                            layout_end),
                24);
    }
    if (header.layout_length % 4 != 0) {
      malformed(fmt::format("layout length {} is not a multiple of 4", header.layout_length), 28);
    }
  }
}

/// Makes sure that record_words() can tell the length of a record of a kind that btfx does not know, or of kind 0.
/// `offset` and `id` are for the Error(unsupported, malformed).
void require_layout(InfoWord record, std::span<const LayoutEntry> layout, ByteOrder order, std::uint64_t offset,
                    std::uint32_t id) {
  const auto kind = static_cast<std::uint32_t>(record.kind());
  const Place place{.offset = offset, .type_id = id};
  if (order != native_order) {
    throw Error(ErrorCode::unsupported, fmt::format("kind {} is unknown, so its byte order cannot be changed", kind),
                place);
  }
  if (kind >= layout.size()) {
    throw Error(ErrorCode::unsupported, fmt::format("kind {} is unknown, and no layout section describes it", kind),
                place);
  }
  const LayoutEntry entry = layout[kind];
  if (entry.fixed_bytes % 4 != 0 || entry.element_bytes % 4 != 0) {
    throw Error(ErrorCode::malformed,
                fmt::format("layout of kind {} ({} and {} bytes) is not a multiple of 4", kind, entry.fixed_bytes,
                            entry.element_bytes),
                place);
  }
}

}  // namespace

ReadHeader read_header(ByteView blob) {
  const std::uint64_t size = blob.size();
  if (size == 0) throw Error(ErrorCode::truncated, "is empty");
  if (size < BtfHeader::old_length) {
    throw Error(ErrorCode::truncated,
                fmt::format("BTF header needs {} bytes, only {} are there", BtfHeader::old_length, size));
  }
  ReadHeader read;
  read.order = read_magic(blob);
  const auto word_at = [&](std::size_t offset) { return load<std::uint32_t>(blob.data() + offset, read.order); };
  BtfHeader& header = read.header;
  header.version = std::to_integer<std::uint8_t>(blob[2]);
  header.flags = std::to_integer<std::uint8_t>(blob[3]);
  header.header_length = word_at(4);
  if (header.header_length < BtfHeader::old_length) {
    malformed(fmt::format("header length {} is less than {}", header.header_length, BtfHeader::old_length), 4);
  }
  if (header.header_length > size) {
    throw Error(ErrorCode::truncated,
                fmt::format("header length {} is more than the {} bytes that are there", header.header_length, size),
                {.offset = 4});
  }
  header.type_offset = word_at(8);
  header.type_length = word_at(12);
  header.string_offset = word_at(16);
  header.string_length = word_at(20);
  if (header.known_length() == BtfHeader::layout_header_length) {
    header.layout_offset = word_at(24);
    header.layout_length = word_at(28);
  }
  for (std::uint64_t i = header.known_length(); i < header.header_length; ++i) {
    if (blob[i] != std::byte{0}) read.has_unknown_fields = true;
  }
  check_sections(header, size - header.header_length);
  return read;
}

std::vector<LayoutEntry> read_layout(ByteView blob, const BtfHeader& header) {
  std::vector<LayoutEntry> layout;
  if (header.layout_length == 0) return layout;  // then the offset may be anything
  layout.reserve(header.layout_length / 4);
  const std::byte* entry = blob.data() + header.header_length + header.layout_offset;
  for (std::uint32_t i = 0; i < header.layout_length / 4; ++i, entry += 4) {
    layout.push_back({std::to_integer<std::uint8_t>(entry[0]), std::to_integer<std::uint8_t>(entry[1])});
  }
  return layout;
}

std::uint64_t record_words(InfoWord record, std::span<const LayoutEntry> layout) {
  if (is_known(record.kind()) && record.kind() != Kind::unkn) return record_words(record);
  const auto kind = static_cast<std::size_t>(record.kind());
  if (kind >= layout.size()) return header_words;  // void itself
  return header_words + layout[kind].fixed_bytes / 4U + std::uint64_t{layout[kind].element_bytes / 4U} * record.vlen();
}

std::uint64_t checked_record_words(const BtfHeader& header, ByteOrder order, std::span<const LayoutEntry> layout,
                                   std::uint64_t at, std::uint32_t id, InfoWord record) {
  const bool is_described = !is_known(record.kind()) || record.kind() == Kind::unkn;
  if (is_described) require_layout(record, layout, order, header.blob_offset(at), id);
  const std::uint64_t length = is_described ? record_words(record, layout) : record_words(record);
  const std::uint64_t left = header.type_length - 4 * at;
  if (4 * length > left) {
    throw Error(ErrorCode::malformed,
                fmt::format("{} with vlen {} needs {} bytes, only {} are left", kind_info(record.kind()).name,
                            record.vlen(), 4 * length, left),
                {.offset = header.blob_offset(at), .type_id = id});
  }
  return length;
}

void throw_trailing_bytes(const BtfHeader& header, std::uint64_t at, std::uint32_t id) {
  throw Error(
      ErrorCode::malformed,
      fmt::format("{} bytes are left after the last type, a record needs at least 12", header.type_length - 4 * at),
      {.offset = header.blob_offset(at), .type_id = id});
}

}  // namespace btfx
