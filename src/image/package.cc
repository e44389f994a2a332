#include "image/package.h"

#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "image/decompress.h"
#include "image/growing_buffer.h"
#include "image/kernel_image.h"
#include "image/libarchive.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t head_length = 512;  // where a tar archive has its magic
constexpr std::array<std::string_view, 8> suffixes{".gz", ".xz", ".zst", ".zstd", ".lz4", ".bz2", ".lzma", ".lzo"};

bool has(ByteView bytes, std::size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() && as_text(bytes.subspan(offset, magic.size())) == magic;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// The directory part, without a slash at its end.
std::string_view directory(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

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

}  // namespace

std::string_view package_kind(ByteView bytes) {
  if (has(bytes, 0, "!<arch>\ndebian-binary")) return "Debian package";
  if (has(bytes, 0, "\xed\xab\xee\xdb")) return "RPM package";
  if (has(bytes, 257, "ustar")) return "tar archive";
  for (const std::string_view magic : {"070701"sv, "070702"sv, "070707"sv, "\xc7\x71"sv, "\x71\xc7"sv}) {
    if (has(bytes, 0, magic)) return "cpio archive";
  }
  return {};
}

std::string_view packed_package_kind(ByteView bytes) {
  if (const std::string_view kind = package_kind(bytes); !kind.empty()) return kind;
  const std::optional<Compression> format = recognise_compression(bytes);
  if (!format) return {};
  return package_kind(decompress_head(bytes, *format, head_length));
}

std::string_view without_compression_suffix(std::string_view path) {
  for (const std::string_view suffix : suffixes) {
    if (path.ends_with(suffix)) return path.substr(0, path.size() - suffix.size());
  }
  return path;
}

bool is_module_path(std::string_view path) {
  const std::string_view name = file_name(without_compression_suffix(path));
  return name.ends_with(".ko") && name.size() > 3;
}

bool is_kernel_path(std::string_view path) {
  std::string_view name = file_name(without_compression_suffix(path));
  const bool right_name = std::ranges::any_of(
      std::array{"vmlinuz"sv, "vmlinux"sv, "Image"sv, "image"sv, "zImage"sv, "bzImage"sv},
      [&](auto stem) { return name.starts_with(stem) && (name.size() == stem.size() || name[stem.size()] == '-'); });
  const std::string_view place = directory(path);
  return right_name && !name.ends_with(".hmac") &&
         (file_name(place) == "boot" || file_name(directory(place)) == "modules");
}

bool is_kernel_file(std::string_view path, const Bytes& content) {
  return is_kernel_path(path) && (file_name(path).starts_with("vmlinu") || has_kernel_content(content));
}

struct PackageReader::State {
  State(Bytes package, std::string package_name)
      : name(std::move(package_name)), content(std::move(package)), source(content.view()) {}

  [[noreturn]] void fail(archive* reader) const {
    if (source.exhausted()) throw Error(ErrorCode::truncated, "package ends before it should", {.file = name});
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

  void open_debian() {
    debian = new_reader();
    archive_read_support_format_ar(debian.get());
    if (source.open(debian.get()) != ARCHIVE_OK) fail(debian.get());
    while (archive_entry* entry = entry_of(debian.get())) {
      const char* member = archive_entry_pathname(entry);
      if (member == nullptr || !std::string_view(member).starts_with("data.tar")) continue;
      files = new_reader();
      allow_compressions(files.get());
      archive_read_support_format_tar(files.get());
      if (archive_read_open2(files.get(), this, nullptr, read_data_member, nullptr, nullptr) != ARCHIVE_OK) {
        fail(files.get());
      }
      return;
    }
    throw Error(ErrorCode::malformed, "Debian package has no member data.tar", {.file = name});
  }

  void open_archive() {
    files = new_reader();
    allow_compressions(files.get());
    archive_read_support_filter_rpm(files.get());
    archive_read_support_format_tar(files.get());
    archive_read_support_format_cpio(files.get());
    if (source.open(files.get()) != ARCHIVE_OK) fail(files.get());
  }

  /// Feeds the reader of a Debian package's data member from the reader of the package.
  static la_ssize_t read_data_member(archive* reader, void* self, const void** block) {
    auto& state = *static_cast<State*>(self);
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(state.debian.get(), block, &length, &offset);
    if (status == ARCHIVE_EOF) return 0;
    if (status == ARCHIVE_OK) return static_cast<la_ssize_t>(length);
    archive_set_error(reader, EIO, "%s", archive_error_string(state.debian.get()));
    return -1;
  }

  std::string name;
  Bytes content;
  MemorySource source;
  ArchiveReader debian;  // only for a Debian package; `files` reads from it, and so goes first
  ArchiveReader files;
  std::uint64_t size = 0;  // of the file at hand, as its header says; 0: unknown
};

PackageReader::PackageReader(Bytes content, std::string name)
    : state_(std::make_unique<State>(std::move(content), std::move(name))) {
  const ByteView bytes = state_->content.view();
  if (package_kind(bytes) == "Debian package") {
    state_->open_debian();
  } else {
    state_->open_archive();
  }
}

PackageReader::~PackageReader() = default;

std::optional<std::string> PackageReader::next() {
  while (archive_entry* entry = state_->entry_of(state_->files.get())) {
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
    const char* raw_path = archive_entry_pathname(entry);
    if (raw_path == nullptr) continue;
    std::string_view path = raw_path;
    if (path.starts_with("./")) path.remove_prefix(2);
    if (path.starts_with("/")) path.remove_prefix(1);
    state_->size = archive_entry_size_is_set(entry) ? static_cast<std::uint64_t>(archive_entry_size(entry)) : 0;
    return std::string(path);
  }
  return std::nullopt;
}

Bytes PackageReader::read(std::uint64_t limit) {
  archive* reader = state_->files.get();
  // The size is what a header claims: memory is set aside only for what is really there.
  GrowingBuffer buffer(static_cast<std::size_t>(std::min<std::uint64_t>(state_->size, 1U << 20)));
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

bool PackageKernel::exists() const {
  std::call_once(once_, [this] {
    try {
      PackageReader reader(Bytes::map_file(package_), package_);
      for (auto member = reader.next(); member && !exists_; member = reader.next()) {
        if (!is_kernel_path(*member)) continue;
        exists_ =
            is_kernel_file(*member, {}) || is_kernel_file(*member, reader.read());  // by its name alone, if possible
      }
    } catch (const Error&) {  // whoever reads the modules says what is wrong
    }
  });
  return exists_;
}

void PackageKernel::found() {
  std::call_once(once_, [this] { exists_ = true; });
}

}  // namespace btfx
