#include "image/compress.h"

#include <archive_entry.h>
#include <fmt/format.h>
#include <lzma.h>

#include <array>
#include <new>
#include <utility>

#include "base/error.h"
#include "image/growing_buffer.h"
#include "image/libarchive.h"

namespace btfx {

namespace {

/// Straight through liblzma, because libarchive always writes CRC64 checks, which the kernel's decoder refuses.
Bytes compress_xz(ByteView plain) {
  lzma_options_lzma options;
  if (lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT)) throw Error(ErrorCode::unsupported, "liblzma has no presets");
  options.dict_size = 1U << 20;
  const std::array<lzma_filter, 2> filters{{{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}}};

  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, decltype(&lzma_end)> closer(&stream, lzma_end);
  if (lzma_stream_encoder(&stream, filters.data(), LZMA_CHECK_CRC32) != LZMA_OK) throw std::bad_alloc();
  stream.next_in = reinterpret_cast<const std::uint8_t*>(plain.data());
  stream.avail_in = plain.size();

  GrowingBuffer packed(plain.size() / 4);
  std::array<std::uint8_t, 65536> block{};
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    status = lzma_code(&stream, LZMA_FINISH);
    packed.append(block.data(), block.size() - stream.avail_out);
  }
  if (status != LZMA_STREAM_END) throw std::bad_alloc();  // the encoder cannot fail for another reason
  return std::move(packed).take();
}

la_ssize_t write_block(archive*, void* buffer, const void* block, std::size_t length) {
  try {
    static_cast<GrowingBuffer*>(buffer)->append(block, length);
  } catch (const std::bad_alloc&) {  // must not pass through libarchive's frames
    return -1;
  }
  return static_cast<la_ssize_t>(length);
}

int add_filter(archive* writer, Compression format) {
  switch (format) {
    case Compression::gzip:
      // Without the time of day, as `gzip -n` writes it.
      if (const int status = archive_write_add_filter_gzip(writer); status != ARCHIVE_OK) return status;
      return archive_write_set_filter_option(writer, "gzip", "timestamp", nullptr);
    case Compression::zstd:
      return archive_write_add_filter_zstd(writer);
    case Compression::lz4:
      return archive_write_add_filter_lz4(writer);
    case Compression::bzip2:
      return archive_write_add_filter_bzip2(writer);
    case Compression::lzma:
      return archive_write_add_filter_lzma(writer);
    case Compression::xz:
      break;
  }
  return ARCHIVE_FATAL;
}

}  // namespace

Bytes compress(ByteView plain, Compression format) {
  // No file that btfx writes is empty, and libarchive's lz4 filter does not survive it.
  if (plain.empty()) throw Error(ErrorCode::refused, "is empty: there is nothing to compress");
  if (format == Compression::xz) return compress_xz(plain);
  GrowingBuffer packed(plain.size() / 4);
  const ArchiveWriter writer(archive_write_new());
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
  if (!writer || !entry) throw std::bad_alloc();
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  // One raw entry; the last block is not padded.
  const bool written =
      add_filter(writer.get(), format) == ARCHIVE_OK && archive_write_set_format_raw(writer.get()) == ARCHIVE_OK &&
      archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&
      archive_write_open(writer.get(), &packed, nullptr, write_block, nullptr) == ARCHIVE_OK &&
      archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
      archive_write_data(writer.get(), plain.data(), plain.size()) == static_cast<la_ssize_t>(plain.size()) &&
      archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!written) {
    const char* reason = archive_error_string(writer.get());
    throw Error(ErrorCode::unsupported,
                fmt::format("cannot compress with {}: {}", to_string(format), reason != nullptr ? reason : "unknown"));
  }
  return std::move(packed).take();
}

}  // namespace btfx
