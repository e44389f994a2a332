#include "btf/btf_ext.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "btf/header.h"

namespace btfx {

namespace {

constexpr std::uint32_t short_header = 24;  // without the CO-RE relocations
constexpr std::uint32_t full_header = 32;

/// What the header says about one part.
struct Part {
  std::string_view name;
  std::uint32_t minimum;       ///< bytes of a record that btfx knows
  std::uint32_t field_offset;  ///< where the header says where it is
};

constexpr Part function_part{"func_info", 8, 8};
constexpr Part line_part{"line_info", 16, 16};
constexpr Part relocation_part{"core_relo", 16, 24};

class Reader {
 public:
  Reader(ByteView blob, const Btf& btf) : blob_(blob), btf_(btf) {
    if (blob.size() < short_header) {
      throw Error(ErrorCode::truncated,
                  fmt::format(".BTF.ext header needs {} bytes, only {} are there", short_header, blob.size()));
    }
    const auto magic = load<std::uint16_t>(blob.data(), ByteOrder::little);
    if (magic == BtfHeader::magic) {
      order_ = ByteOrder::little;
    } else if (byte_swap(magic) == BtfHeader::magic) {
      order_ = ByteOrder::big;
    } else {
      malformed(fmt::format("no BTF magic (0x{:04x} instead of 0x{:04x})", magic, BtfHeader::magic), 0);
    }
    const auto version = static_cast<unsigned>(blob[2]), flags = static_cast<unsigned>(blob[3]);
    if (version != 1)
      throw Error(ErrorCode::unsupported, fmt::format("version {} is not known", version), {.offset = 2});
    if (flags != 0)
      throw Error(ErrorCode::unsupported, fmt::format("flags 0x{:x} are not known", flags), {.offset = 3});
    header_length_ = word(4);
    if (header_length_ < short_header || header_length_ % 4 != 0) {
      malformed(fmt::format("header length {} is not possible", header_length_), 4);
    }
    if (header_length_ > blob.size()) {
      throw Error(ErrorCode::truncated,
                  fmt::format("header length is {}, but only {} bytes are there", header_length_, blob.size()),
                  {.offset = 4});
    }
  }

  [[nodiscard]] ByteOrder order() const { return order_; }
  [[nodiscard]] bool has_relocations() const { return header_length_ >= full_header; }

  /// The blocks of one part. `make(at)` reads the record at a position; all its known words are there.
  template <typename Record, typename Make>
  std::vector<ExtBlock<Record>> read(const Part& part, const Make& make) const {
    std::vector<ExtBlock<Record>> blocks;
    const std::uint64_t length = word(part.field_offset + 4);
    if (length == 0) return blocks;
    const std::uint64_t offset = word(part.field_offset);
    if (offset % 4 != 0)
      malformed(fmt::format("{} offset {} is not a multiple of 4", part.name, offset), part.field_offset);
    std::uint64_t at = header_length_ + offset;
    const std::uint64_t end = at + length;
    if (end > blob_.size()) {
      throw Error(ErrorCode::truncated,
                  fmt::format("{} ends at {} after the header, but only {} bytes are there", part.name, offset + length,
                              blob_.size() - header_length_),
                  {.offset = part.field_offset});
    }
    if (length < 4) malformed(fmt::format("{} has {} bytes: no room for the size of a record", part.name, length), at);
    const std::uint64_t size = word(at);
    const bool foreign = order_ != native_order;  // then the reference knows only records of that very size
    if (size % 4 != 0 || size < part.minimum || (foreign && size != part.minimum)) {
      malformed(fmt::format("{} has records of {} bytes, {} are expected", part.name, size, part.minimum), at);
    }
    at += 4;
    if (at == end) malformed(fmt::format("{} has the size of a record, but no records", part.name), at);
    while (at < end) {
      if (end - at < 8) malformed(fmt::format("{} ends within the head of a block", part.name), at);
      const std::uint32_t name = string(at, "section name");
      const std::uint64_t count = word(at + 4);
      if (count == 0) malformed(fmt::format("{} has a block without records", part.name), at + 4);
      if (count * size > end - at - 8) {
        malformed(fmt::format("{} has a block of {} records of {} bytes, but only {} bytes are left", part.name, count,
                              size, end - at - 8),
                  at + 4);
      }
      at += 8;
      ExtBlock<Record>& block = blocks.emplace_back();
      block.section = btf_.string(StringOffset{name});
      block.records.reserve(count);
      for (std::uint64_t i = 0; i < count; ++i, at += size) block.records.push_back(make(at));
    }
    return blocks;
  }

  [[nodiscard]] std::uint32_t word(std::uint64_t at) const { return load<std::uint32_t>(blob_.data() + at, order_); }
  /// The string offset at a position, made sure to be one.
  [[nodiscard]] std::uint32_t string(std::uint64_t at, std::string_view what) const {
    const std::uint32_t offset = word(at);
    if (offset >= btf_.string_end()) {
      malformed(fmt::format("{} is at string offset {}, but the strings end at {}", what, offset, btf_.string_end()),
                at);
    }
    return offset;
  }
  [[nodiscard]] TypeId type(std::uint64_t at) const {
    const TypeId id{word(at)};
    if (!btf_.contains(id)) {
      malformed(fmt::format("type id {} does not exist, the last is {}", raw(id), raw(btf_.end_id()) - 1), at);
    }
    return id;
  }

 private:
  ByteView blob_;
  const Btf& btf_;
  ByteOrder order_ = native_order;
  std::uint32_t header_length_ = 0;
};

}  // namespace

BtfExt BtfExt::parse(ByteView blob, const Btf& btf) {
  const Reader reader(blob, btf);
  BtfExt ext;
  ext.order_ = reader.order();
  // Nothing uses the types of functions, but a wrong section is refused as a whole.
  (void)reader.read<TypeId>(function_part, [&](std::uint64_t at) { return reader.type(at + 4); });
  ext.lines_ = reader.read<LineInfo>(line_part, [&](std::uint64_t at) {
    constexpr unsigned column_bits = 10;
    const std::uint32_t place = reader.word(at + 12);
    return LineInfo{.insn_offset = reader.word(at),
                    .file = StringOffset{reader.string(at + 4, "file name")},
                    .text = StringOffset{reader.string(at + 8, "source line")},
                    .line = place >> column_bits,
                    .column = place & ((1U << column_bits) - 1)};
  });
  if (!reader.has_relocations()) return ext;
  ext.relocations_ = reader.read<CoreRecord>(relocation_part, [&](std::uint64_t at) {
    return CoreRecord{.insn_offset = reader.word(at),
                      .root = reader.type(at + 4),
                      .access = StringOffset{reader.string(at + 8, "access string")},
                      .kind = reader.word(at + 12),
                      .position = at};
  });
  return ext;
}

}  // namespace btfx
