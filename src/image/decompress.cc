#include "image/decompress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/endian.h"
#include "base/error.h"
#include "image/growing_buffer.h"
#include "image/libarchive.h"

namespace btfx {

namespace {

struct FormatInfo {
  Compression format;
  std::string_view name;
  std::string_view magic;
  int filter;            ///< libarchive's code
  std::size_t expected;  ///< how much modules grow, roughly: saves moving the result while it grows
};

using namespace std::string_view_literals;

// lz4 stands twice: frames, and the legacy format of kernel images.
constexpr std::array<FormatInfo, 7> formats{{
    {Compression::gzip, "gzip", "\x1f\x8b"sv, ARCHIVE_FILTER_GZIP, 4},
    {Compression::xz, "xz",
     "\xfd"
     "7zXZ\0"sv,
     ARCHIVE_FILTER_XZ, 6},
    {Compression::zstd, "zstd", "\x28\xb5\x2f\xfd"sv, ARCHIVE_FILTER_ZSTD, 5},
    {Compression::lz4, "lz4", "\x04\x22\x4d\x18"sv, ARCHIVE_FILTER_LZ4, 3},
    {Compression::lz4, "lz4", "\x02\x21\x4c\x18"sv, ARCHIVE_FILTER_LZ4, 3},
    {Compression::bzip2, "bzip2", "BZh"sv, ARCHIVE_FILTER_BZIP2, 5},
    {Compression::lzma, "lzma", "\x5d\0\0"sv, ARCHIVE_FILTER_LZMA, 6},
}};
constexpr std::string_view lzo_magic = "\x89\x4c\x5a\x4f"sv;

const FormatInfo& format_info(Compression format) {
  return *std::ranges::find(formats, format, &FormatInfo::format);
}

/// A stored size is trusted for the first allocation only up to this many times the usual growth.
constexpr std::uint64_t believed = 4;

/// One stream being unpacked: libarchive with a single filter and no interpretation of what comes out.
class Unpacker {
 public:
  Unpacker(ByteView packed, Compression format)
      : source_(without_skippable_frames(packed)), name_(format_info(format).name) {
    if (!reader_) throw std::bad_alloc();
    if (archive_read_append_filter(reader_.get(), format_info(format).filter) != ARCHIVE_OK ||
        archive_read_support_format_raw(reader_.get()) != ARCHIVE_OK) {
      throw Error(ErrorCode::unsupported, fmt::format("this build of libarchive cannot read {}", name_));
    }
    archive_entry* entry = nullptr;
    if (source_.open(reader_.get()) != ARCHIVE_OK || archive_read_next_header(reader_.get(), &entry) != ARCHIVE_OK) {
      fail();
    }
  }

  /// The next piece, valid until the next call; empty at the end.
  ByteView next() {
    const void* block = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader_.get(), &block, &length, &offset);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) fail();
    return {static_cast<const std::byte*>(block), length};
  }

 private:
  [[noreturn]] void fail() const {
    if (source_.exhausted()) throw Error(ErrorCode::truncated, fmt::format("{} data ends before it should", name_));
    throw Error(ErrorCode::malformed, fmt::format("{} data is damaged", name_));
  }

  ArchiveReader reader_{archive_read_new()};
  MemorySource source_;
  std::string_view name_;
};

Bytes unpack(ByteView packed, Compression format, std::uint64_t limit, std::size_t expected) {
  Unpacker unpacker(packed, format);
  GrowingBuffer buffer(expected);
  for (ByteView piece = unpacker.next(); !piece.empty(); piece = unpacker.next()) {
    if (piece.size() > limit - buffer.size()) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} data unpacks to more than {} bytes", to_string(format), limit));
    }
    buffer.append(piece.data(), piece.size());
  }
  return std::move(buffer).take();
}

}  // namespace

std::string_view to_string(Compression format) {
  return format_info(format).name;
}

std::optional<Compression> compression_named(std::string_view name) {
  const auto* found = std::ranges::find(formats, name, &FormatInfo::name);
  return found == formats.end() ? std::nullopt : std::optional(found->format);
}

std::optional<Compression> recognise_compression(ByteView packed) {
  if (as_text(packed).starts_with(lzo_magic)) {
    throw Error(ErrorCode::unsupported, "is compressed with lzo, which cannot be read");
  }
  return compression_at(without_skippable_frames(packed));
}

ByteView without_skippable_frames(ByteView packed) {
  constexpr std::size_t header = 8;
  while (packed.size() > header && (load<std::uint32_t>(packed.data(), ByteOrder::little) & ~0xfU) == 0x184d2a50) {
    const auto size = load<std::uint32_t>(packed.data() + 4, ByteOrder::little);
    if (size >= packed.size() - header) break;
    packed = packed.subspan(header + size);
  }
  return packed;
}

std::optional<Compression> compression_at(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  const auto* found =
      std::ranges::find_if(formats, [text](const FormatInfo& known) { return text.starts_with(known.magic); });
  return found == formats.end() ? std::nullopt : std::optional(found->format);
}

Bytes decompress(ByteView packed, Compression format, std::uint64_t limit) {
  const std::uint64_t expected = std::uint64_t{packed.size()} * format_info(format).expected;
  return unpack(packed, format, limit, static_cast<std::size_t>(std::min(expected, limit)));
}

Bytes decompress_payload(ByteView packed, Compression format, std::uint64_t limit) {
  // gzip's own trailer ends in the size, so that kernels append none.
  if (format != Compression::gzip && packed.size() > 4) {
    const ByteView stream = packed.first(packed.size() - 4);
    const auto size = load<std::uint32_t>(packed.data() + stream.size(), ByteOrder::little);
    try {
      const std::uint64_t plausible = std::min(believed * packed.size() * format_info(format).expected, limit);
      Bytes unpacked =
          unpack(stream, format, limit, static_cast<std::size_t>(std::min<std::uint64_t>(size, plausible)));
      if (unpacked.size() == size) return unpacked;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::unsupported) throw;
      // Otherwise these four bytes were not the size.
    }
  }
  return decompress(packed, format, limit);
}

std::vector<std::byte> decompress_head(ByteView packed, Compression format, std::size_t length) {
  std::vector<std::byte> head;
  try {
    Unpacker unpacker(packed, format);
    while (head.size() < length) {
      const ByteView piece = unpacker.next();
      if (piece.empty()) break;
      const ByteView wanted = piece.first(std::min(piece.size(), length - head.size()));
      head.insert(head.end(), wanted.begin(), wanted.end());
    }
  } catch (const Error&) {  // unpacking all of it will say what is wrong
  }
  return head;
}

}  // namespace btfx
