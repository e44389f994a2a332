#include "base/bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/mapped_files.h"

namespace btfx {

namespace {

/// Files up to this size are read, larger ones mapped: setting up a mapping and taking its pages one fault at a time
/// costs more than copying this much, most of all with several threads in one address space.
constexpr std::size_t small_file = std::size_t{256} << 10;

struct Pages {
  Pages(void* start, std::size_t length) : address(start), size(length) {}
  ~Pages() { ::munmap(address, size); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  void* address;
  std::size_t size;
};

struct Mapping {
  Mapping(void* start, std::size_t length, const std::string& path)
      : pages(start, length), record(start, length, path) {}

  // The record goes first: once the pages do, another file may get their addresses.
  Pages pages;
  MappingRecord record;
};

/// Reads a file of known size in one go; nothing when it is not that long any more.
std::optional<Bytes> read_whole(int fd, std::size_t size, const std::string& path) {
  // Not a vector, which would clear bytes that are overwritten anyway.
  const std::shared_ptr<std::byte[]> buffer = std::make_shared_for_overwrite<std::byte[]>(size);
  std::size_t used = 0;
  while (used < size) {
    const ssize_t got = ::pread(fd, buffer.get() + used, size - used, static_cast<off_t>(used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read", errno, path);
    if (got == 0) return std::nullopt;
    used += static_cast<std::size_t>(got);
  }
  return Bytes(buffer, ByteView(buffer.get(), size));
}

}  // namespace

Bytes::Bytes(std::vector<std::byte> buffer) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(buffer));
  view_ = ByteView(owner->data(), owner->size());
  owner_ = std::move(owner);
}

Bytes Bytes::copy_of(ByteView view) {
  return Bytes(std::vector<std::byte>(view.begin(), view.end()));
}

Bytes Bytes::copy_of(std::string_view text) {
  return copy_of(as_bytes(text));
}

Bytes Bytes::slice(std::size_t offset, std::size_t length) const {
  Bytes part = *this;
  part.view_ = view_.subspan(offset, length);
  return part;
}

Bytes Bytes::read_fd(int fd, const std::string& name, std::uint64_t limit) {
  std::vector<std::byte> buffer;
  std::size_t used = 0;
  for (;;) {
    if (buffer.size() - used < 65536) buffer.resize(std::max<std::size_t>(buffer.size() * 2, 262144));
    const ssize_t got = ::read(fd, buffer.data() + used, buffer.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read", errno, name);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) throw Error(ErrorCode::unsupported, fmt::format("larger than {} bytes", limit), {.file = name});
  }
  buffer.resize(used);
  return Bytes(std::move(buffer));
}

Bytes Bytes::map_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) throw system_error("open", errno, path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("stat", errno, path);
  if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::io, "is a directory, not a file", {.file = path});
  const auto size = static_cast<std::size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size == 0) return read_fd(fd.get(), path);
  if (size <= small_file) {
    if (std::optional<Bytes> small = read_whole(fd.get(), size, path)) return *std::move(small);
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (address == MAP_FAILED) return read_fd(fd.get(), path);
  auto mapping = std::make_shared<const Mapping>(address, size, path);
  if (!mapping->record.is_kept()) return read_fd(fd.get(), path);
  return Bytes(std::move(mapping), ByteView(static_cast<const std::byte*>(address), size));
}

}  // namespace btfx
