#include "base/file_parts.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/mapped_files.h"

namespace btfx {

namespace {

/// Parts up to this size are read, larger ones mapped: setting up a mapping and taking its pages one fault at a time
/// costs more than copying this much, most of all with several threads in one address space.
constexpr std::size_t small_part = std::size_t{256} << 10;

/// Pieces smaller than that are read with the blocks that they lie in.
constexpr std::uint64_t small_piece = std::uint64_t{16} << 10, block = 4096;

/// How many files are kept open at once: a part of what the system allows.
int most_open() {
  static const int most = [] {
    rlimit limit{};
    constexpr rlim_t enough = 256;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return static_cast<int>(std::min<rlim_t>(limit.rlim_cur / 4, enough));
  }();
  return most;
}
std::atomic<int> open_files = 0;

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

/// Nothing when the file ends before.
std::optional<Bytes> read_part(int fd, std::uint64_t offset, std::size_t length, const std::string& path) {
  // Not a vector, which would clear bytes that are overwritten anyway.
  const std::shared_ptr<std::byte[]> buffer = std::make_shared_for_overwrite<std::byte[]>(length);
  std::size_t used = 0;
  while (used < length) {
    const ssize_t got = ::pread(fd, buffer.get() + used, length - used, static_cast<off_t>(offset + used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read", errno, path);
    if (got == 0) return std::nullopt;
    used += static_cast<std::size_t>(got);
  }
  return Bytes(buffer, ByteView(buffer.get(), length));
}

/// Nothing where the file cannot be mapped.
std::optional<Bytes> map_part(int fd, std::uint64_t offset, std::size_t length, const std::string& path) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t before = offset % page;
  void* const address =
      ::mmap(nullptr, before + length, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(offset - before));
  if (address == MAP_FAILED) return std::nullopt;
  auto mapping = std::make_shared<const Mapping>(address, before + length, path);
  if (!mapping->record.is_kept()) return std::nullopt;
  return Bytes(std::move(mapping), ByteView(static_cast<const std::byte*>(address) + before, length));
}

}  // namespace

struct FileParts::State {
  explicit State(Bytes whole) : size(whole.size()) { parts.push_back({0, std::move(whole)}); }
  State(std::string name, Fd descriptor, std::uint64_t length)
      : path(std::move(name)), fd(std::move(descriptor)), size(length) {
    ++open_files;
  }
  ~State() {
    if (fd.is_open()) --open_files;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Bytes part(std::uint64_t offset, std::uint64_t length) {
    const std::lock_guard lock(mutex);
    for (const Part& part : parts) {
      if (offset >= part.offset && offset - part.offset <= part.bytes.size() &&
          length <= part.bytes.size() - (offset - part.offset)) {
        return part.bytes.slice(offset - part.offset, length);
      }
    }
    if (std::optional<Bytes> bytes = read_around(offset, length)) return *std::move(bytes);
    throw Error(ErrorCode::io, "has become shorter while it was read", {.file = path});
  }

  Bytes all() {
    const std::lock_guard lock(mutex);
    for (const Part& part : parts) {
      if (part.bytes.size() == size) return part.bytes;
    }
    // The kernel says of some files that it makes up that they are longer than they are.
    std::optional<Bytes> bytes = read(0, size);
    if (bytes) return *std::move(bytes);
    ::lseek(fd.get(), 0, SEEK_SET);
    return Bytes::read_fd(fd.get(), path);
  }

  const std::string path;
  const Fd fd;
  const std::uint64_t size;

 private:
  /// The part, read together with what else is likely to be asked for. Nothing when the file ends before.
  std::optional<Bytes> read_around(std::uint64_t offset, std::uint64_t length) {
    // Parts that overlap could be many times as long as the file.
    if (kept + length > size) {
      const std::optional<Bytes> whole = read(0, size);
      return whole ? std::optional(whole->slice(offset, length)) : std::nullopt;
    }
    // What is asked for in small pieces stands close together.
    if (length < small_piece) {
      const std::uint64_t before = offset % block;
      const std::uint64_t after = std::min(size - offset - length, (block - (offset + length) % block) % block);
      if (const std::optional<Bytes> blocks = read(offset - before, before + length + after)) {
        return blocks->slice(before, length);
      }
    }
    return read(offset, length);
  }

  /// Nothing when the file ends before.
  std::optional<Bytes> read(std::uint64_t offset, std::uint64_t length) {
    std::optional<Bytes> bytes;
    if (length > small_part) bytes = map_part(fd.get(), offset, length, path);
    if (!bytes) bytes = read_part(fd.get(), offset, length, path);
    if (!bytes) return std::nullopt;
    parts.push_back({offset, *bytes});
    kept += length;
    return bytes;
  }

  struct Part {
    std::uint64_t offset;
    Bytes bytes;
  };

  std::mutex mutex;
  std::vector<Part> parts;  // what has been read
  std::uint64_t kept = 0;   // bytes of them
};

FileParts::FileParts(std::shared_ptr<State> state) : state_(std::move(state)) {}

FileParts::FileParts(Bytes whole) : state_(std::make_shared<State>(std::move(whole))) {}

FileParts FileParts::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) throw system_error("open", errno, path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("stat", errno, path);
  if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::io, "is a directory, not a file", {.file = path});
  const auto size = static_cast<std::uint64_t>(status.st_size);
  // Files that the kernel makes up as they are read may say that they are empty.
  if (!S_ISREG(status.st_mode) || size == 0) return Bytes::read_fd(fd.get(), path);
  FileParts file(std::make_shared<State>(path, std::move(fd), size));
  return open_files > most_open() ? FileParts(file.all()) : file;
}

std::uint64_t FileParts::size() const {
  return state_->size;
}

Bytes FileParts::part(std::uint64_t offset, std::uint64_t length) const {
  return state_->part(offset, length);
}

Bytes FileParts::all() const {
  return state_->all();
}

int FileParts::descriptor() const {
  return state_->fd.get();
}

}  // namespace btfx
