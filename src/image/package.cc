#include "image/package.h"

#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "image/decompress.h"
#include "image/growing_buffer.h"
#include "image/libarchive.h"
#include "image/rpm.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t head_length = 512;  // where a tar archive has its magic
constexpr std::size_t max_head = 4096;    // of a member
// How much larger than a package what it unpacks to may be: kernel packages grow by less than ten times.
constexpr std::uint64_t max_ratio = 100, least_budget = 64U << 20;

ArchiveReader new_reader() {
  ArchiveReader reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  return reader;
}

/// Allows the compressions that libarchive has built in: never those for which it would start a program.
void allow_compressions(archive* reader) {
  for (const auto allow :
       {archive_read_support_filter_gzip, archive_read_support_filter_xz, archive_read_support_filter_zstd,
        archive_read_support_filter_lz4, archive_read_support_filter_bzip2, archive_read_support_filter_lzma}) {
    if (const int status = allow(reader); status != ARCHIVE_OK && status != ARCHIVE_WARN) throw std::bad_alloc();
  }
}

/// How long the cpio archive of the newc format at the start of `bytes` is, its trailer included; all of them where
/// that cannot be told, because the archive is compressed, damaged or of another format. Source: cpio(5).
std::uint64_t cpio_length(ByteView bytes) {
  constexpr std::uint64_t header_size = 110;
  const std::string_view text = as_text(bytes);
  const auto padded = [](std::uint64_t size) { return (size + 3) / 4 * 4; };
  for (std::uint64_t at = 0; text.size() - at >= header_size;) {
    const std::string_view header = text.substr(at, header_size);
    if (!header.starts_with("070701") && !header.starts_with("070702")) break;
    std::uint32_t size = 0, name_size = 0;
    const auto field = [&](std::size_t index, std::uint32_t& value) {
      const char* digits = header.data() + 6 + 8 * index;
      return std::from_chars(digits, digits + 8, value, 16).ptr == digits + 8;
    };
    if (!field(6, size) || !field(11, name_size)) break;
    const std::uint64_t data = at + padded(header_size + name_size);
    const std::uint64_t end = data + padded(size);
    if (end > text.size()) break;
    if (text.substr(at + header_size).starts_with("TRAILER!!!\0"sv)) return end;
    at = end;
  }
  return text.size();
}

}  // namespace

std::string_view package_kind(ByteView bytes) {
  if (holds_at(bytes, 0, "!<arch>\ndebian-binary")) return "Debian package";
  if (holds_at(bytes, 0, "\xed\xab\xee\xdb")) return "RPM package";
  if (holds_at(bytes, 257, "ustar")) return "tar archive";
  for (const std::string_view magic : {"070701"sv, "070702"sv, "070707"sv, "\xc7\x71"sv, "\x71\xc7"sv}) {
    if (holds_at(bytes, 0, magic)) return "cpio archive";
  }
  return {};
}

std::string_view packed_package_kind(ByteView bytes) {
  if (const std::string_view kind = package_kind(bytes); !kind.empty()) return kind;
  const std::optional<Compression> format = recognise_compression(bytes);
  if (!format) return {};
  return package_kind(decompress_head(bytes, *format, head_length));
}

std::optional<Bytes> debian_control(const Bytes& package) {
  constexpr std::uint64_t limit = 64U << 20;
  MemorySource source(package.view());
  const ArchiveReader reader = new_reader();
  archive_read_support_format_ar(reader.get());
  archive_entry* entry = nullptr;
  std::optional<Bytes> control;
  if (source.open(reader.get()) != ARCHIVE_OK) return std::nullopt;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const char* member = archive_entry_pathname(entry);
    if (control || member == nullptr || !std::string_view(member).starts_with("control.tar")) continue;
    GrowingBuffer buffer(1U << 16);
    const void* block = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    while (archive_read_data_block(reader.get(), &block, &length, &offset) == ARCHIVE_OK) {
      if (length > limit - buffer.size()) return std::nullopt;
      buffer.append(block, length);
    }
    control = std::move(buffer).take();
  }
  return status == ARCHIVE_EOF ? std::move(control) : std::nullopt;
}

struct PackageReader::State {
  State(Bytes package, std::string package_name)
      : name(std::move(package_name)),
        content(std::move(package)),
        rest(content.view()),
        budget(max_ratio * content.size() + least_budget) {}

  [[noreturn]] void fail(archive* reader) const {
    if (failure) throw Error(*failure);
    if (source && source->exhausted()) {
      throw Error(ErrorCode::truncated, "package ends before it should", {.file = name});
    }
    const char* reason = archive_error_string(reader);
    throw Error(ErrorCode::malformed, fmt::format("package is damaged: {}", reason != nullptr ? reason : "unknown"),
                {.file = name});
  }

  /// The next entry of `reader`; null at its end.
  archive_entry* entry_of(archive* reader) const {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader, &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail(reader);
    return entry;
  }

  /// Opens the member data.tar of a Debian package, from which `unpacked` then reads.
  void open_debian() {
    debian = new_reader();
    archive_read_support_format_ar(debian.get());
    if (source->open(debian.get()) != ARCHIVE_OK) fail(debian.get());
    while (archive_entry* entry = entry_of(debian.get())) {
      const char* member = archive_entry_pathname(entry);
      if (member == nullptr || !std::string_view(member).starts_with("data.tar")) continue;
      open_archive();
      return;
    }
    throw Error(ErrorCode::malformed, "Debian package has no member data.tar", {.file = name});
  }

  void open_rpm() {
    RpmHeader header = read_rpm_header(content);
    const ByteView payload = content.view().subspan(header.payload_offset);
    const std::optional<Compression> format = recognise_compression(payload);
    const std::vector<std::byte> start =
        format ? decompress_head(payload, *format, head_length) : std::vector<std::byte>{};
    if (is_numbered_cpio(format ? ByteView(start) : payload)) numbered.emplace(std::move(header.files));
    source.emplace(without_skippable_frames(payload));
    open_archive();
  }

  /// Opens the next of several archives that stand one after the other; false when there is none. All but the last are
  /// not compressed: where a compressed one ends, only unpacking it would tell.
  bool open_part() {
    const std::string_view text = as_text(rest);
    const std::size_t start = text.find_first_not_of('\0');
    if (start == std::string_view::npos) return false;
    const ByteView bytes = rest.subspan(start);
    if (package_kind(bytes) != "cpio archive" && !compression_at(without_skippable_frames(bytes))) {
      throw Error(ErrorCode::malformed, "has something behind an archive that is not another one",
                  {.file = name, .offset = content.size() - bytes.size()});
    }
    const std::uint64_t length = cpio_length(bytes);
    rest = bytes.subspan(length);
    source.emplace(without_skippable_frames(bytes.first(length)));
    open_archive();
    return true;
  }

  /// Opens what `source` holds, or the member that `debian` stands at, as an archive that may be compressed.
  void open_archive() {
    files.reset();
    unpacked = new_reader();
    allow_compressions(unpacked.get());
    archive_read_support_format_raw(unpacked.get());
    const int opened = debian ? archive_read_open2(unpacked.get(), this, nullptr, read_debian, nullptr, nullptr)
                              : source->open(unpacked.get());
    if (opened != ARCHIVE_OK || entry_of(unpacked.get()) == nullptr) fail(unpacked.get());
    files = new_reader();
    archive_read_support_format_tar(files.get());
    archive_read_support_format_cpio(files.get());
    if (archive_read_open2(files.get(), this, nullptr, read_unpacked, nullptr, nullptr) != ARCHIVE_OK) {
      fail(files.get());
    }
  }

  /// The next piece of what `reader` stands at; empty at the end.
  static int next_piece(archive* reader, ByteView& piece) {
    const void* block = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader, &block, &length, &offset);
    piece = status == ARCHIVE_OK ? ByteView(static_cast<const std::byte*>(block), length) : ByteView{};
    return status;
  }

  static la_ssize_t failed(archive* reader, const char* reason) {
    archive_set_error(reader, EIO, "%s", reason);
    return -1;
  }

  /// Feeds `unpacked` from a member of a Debian package.
  static la_ssize_t read_debian(archive* reader, void* self, const void** block) {
    auto& state = *static_cast<State*>(self);
    ByteView piece;
    const int status = next_piece(state.debian.get(), piece);
    if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return failed(reader, archive_error_string(state.debian.get()));
    *block = piece.data();
    return static_cast<la_ssize_t>(piece.size());
  }

  /// Feeds `files` with what `unpacked` gives. Exceptions do not pass through libarchive.
  static la_ssize_t read_unpacked(archive* reader, void* self, const void** block) {
    auto& state = *static_cast<State*>(self);
    try {
      const ByteView piece = state.next_unpacked();
      *block = piece.data();
      return static_cast<la_ssize_t>(piece.size());
    } catch (const Error& error) {
      state.failure = error;
      return failed(reader, error.sentence().c_str());
    } catch (const std::bad_alloc&) {
      return failed(reader, "out of memory");
    }
  }

  /// The next piece of the unpacked archive; empty at the end. Throws Error, also when the package unpacks to more than
  /// its size lets expect: what is skipped is unpacked as well.
  ByteView next_unpacked() {
    translated.clear();
    for (;;) {
      ByteView piece;
      const int status = next_piece(unpacked.get(), piece);
      if (status == ARCHIVE_EOF) return {};
      if (status != ARCHIVE_OK) fail(unpacked.get());
      if (piece.size() > budget) {
        throw Error(ErrorCode::unsupported,
                    fmt::format("unpacks to more than {} times its size: is not a kernel package", max_ratio),
                    {.file = name});
      }
      budget -= piece.size();
      if (!numbered) return piece;
      numbered->translate(piece, translated);
      if (!translated.empty()) return as_bytes(translated);
    }
  }

  std::string name;
  Bytes content;
  std::optional<MemorySource> source;  // of the reader that reads from memory
  ByteView rest;                       // what is behind the archive that is being read
  std::uint64_t budget;                // how many bytes more the package may unpack to
  // Each reads from the one before: a Debian package, the archive without compression, and its files.
  ArchiveReader debian, unpacked;
  std::optional<NumberedCpio> numbered;
  std::string translated;  // what it gave
  ArchiveReader files;
  std::optional<Error> failure;  // what ended reading `files`, where libarchive only knows the sentence
  std::uint64_t size = 0;        // of the file at hand, as its header says; 0: unknown
  std::array<std::byte, max_head> head{};
  std::size_t head_size = 0;  // of what has been read of the file at hand
};

PackageReader::PackageReader(Bytes content, std::string name)
    : state_(std::make_unique<State>(std::move(content), std::move(name))) {
  const std::string_view kind = package_kind(state_->content.view());
  try {
    if (kind == "cpio archive") {
      state_->open_part();
      return;
    }
    state_->source.emplace(without_skippable_frames(std::exchange(state_->rest, {})));
    if (kind == "Debian package") {
      state_->open_debian();
    } else if (kind == "RPM package") {
      state_->open_rpm();
    } else {
      state_->open_archive();
    }
  } catch (const Error& error) {
    throw error.in(state_->name);
  }
}

PackageReader::~PackageReader() = default;

std::optional<std::string> PackageReader::next() {
  state_->head_size = 0;
  for (;;) {
    archive_entry* entry = state_->entry_of(state_->files.get());
    if (entry == nullptr) {
      if (!state_->open_part()) return std::nullopt;
      continue;
    }
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    // Of hard links tar has the content with the first, cpio with the last.
    const bool is_link = archive_entry_hardlink(entry) != nullptr || archive_entry_nlink(entry) > 1;
    if (is_link && archive_entry_size(entry) == 0) continue;
    const char* raw_path = archive_entry_pathname(entry);
    if (raw_path == nullptr) continue;
    std::string_view path = raw_path;
    if (path.starts_with("./")) path.remove_prefix(2);
    if (path.starts_with("/")) path.remove_prefix(1);
    state_->size = archive_entry_size_is_set(entry) ? static_cast<std::uint64_t>(archive_entry_size(entry)) : 0;
    return std::string(path);
  }
}

ByteView PackageReader::head(std::size_t length) {
  while (state_->head_size < std::min(length, max_head)) {
    const la_ssize_t got = archive_read_data(state_->files.get(), state_->head.data() + state_->head_size,
                                             std::min(length, max_head) - state_->head_size);
    if (got < 0) state_->fail(state_->files.get());
    if (got == 0) break;
    state_->head_size += static_cast<std::size_t>(got);
  }
  return ByteView(state_->head.data(), state_->head_size);
}

Bytes PackageReader::read(std::uint64_t limit) {
  archive* reader = state_->files.get();
  // The size is what a header claims: memory is set aside only for what is really there.
  GrowingBuffer buffer(static_cast<std::size_t>(std::min<std::uint64_t>(state_->size, 1U << 20)));
  buffer.append(state_->head.data(), std::exchange(state_->head_size, 0));
  std::array<std::byte, 65536> block{};
  for (;;) {
    const la_ssize_t length = archive_read_data(reader, block.data(), block.size());  // holes come as zeros
    if (length == 0) break;
    if (length < 0) state_->fail(reader);
    if (static_cast<std::uint64_t>(length) > limit - buffer.size()) {
      throw Error(ErrorCode::unsupported, fmt::format("has a member of more than {} bytes", limit),
                  {.file = state_->name});
    }
    buffer.append(block.data(), static_cast<std::size_t>(length));
  }
  return std::move(buffer).take();
}

}  // namespace btfx
