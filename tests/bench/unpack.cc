// What takes off the compression of Debian packages alone: data.tar.xz of each, and each *.xz file in it, on two
// threads, by calls of liblzma. The measure for everything that reads modules out of packages; prints how many files
// and bytes there were.
#include <fcntl.h>
#include <lzma.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "unpack: %s\n", what);
  std::exit(2);
}

/// The member data.tar.xz of a Debian package.
std::string_view data_member(std::string_view package) {
  for (std::size_t at = 8; at + 60 <= package.size();) {
    const std::string_view header = package.substr(at, 60);
    const std::size_t size = std::stoul(std::string(header.substr(48, 10)));
    if (header.starts_with("data.tar.xz")) return package.substr(at + 60, size);
    at += 60 + size + size % 2;
  }
  fail("no data.tar.xz");
}

/// One stream, unpacked piece by piece.
class Stream {
 public:
  explicit Stream(std::string_view packed) {
    if (lzma_stream_decoder(&stream_, UINT64_MAX, 0) != LZMA_OK) fail("no decoder");
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { lzma_end(&stream_); }

  /// How much of `room` was filled; less only at the end.
  std::size_t read(char* to, std::size_t room) {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(to);
    stream_.avail_out = room;
    while (stream_.avail_out != 0) {
      const lzma_ret status = lzma_code(&stream_, LZMA_FINISH);
      if (status == LZMA_STREAM_END) break;
      if (status != LZMA_OK) fail("damaged");
    }
    return room - stream_.avail_out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

std::mutex mutex;
std::condition_variable changed;
std::deque<std::string> files;
bool is_ended = false;
std::uint64_t count = 0, bytes = 0;  // guarded as well

void unpack(const std::string& file, std::vector<char>& room) {
  Stream stream(file);
  const std::size_t size = stream.read(room.data(), room.size());
  if (size == room.size()) fail("a file is too large");
  const std::lock_guard lock(mutex);
  ++count;
  bytes += size;
}

void work() {
  std::vector<char> room(64U << 20);
  for (;;) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [] { return !files.empty() || is_ended; });
    if (files.empty()) return;
    const std::string file = std::move(files.front());
    files.pop_front();
    lock.unlock();
    unpack(file, room);
  }
}

/// Takes one package apart, and unpacks files itself while enough are waiting.
void read_package(std::string_view package, std::vector<char>& room) {
  Stream stream(data_member(package));
  char header[512];
  while (stream.read(header, sizeof header) == sizeof header && header[0] != '\0') {
    const std::size_t size = std::stoul(std::string(header + 124, 11), nullptr, 8);
    std::string file((size + 511) / 512 * 512, '\0');
    if (stream.read(file.data(), file.size()) != file.size()) fail("a package is cut short");
    file.resize(size);
    if (!std::string_view(file).starts_with("\xfd"
                                            "7zXZ"))
      continue;
    std::unique_lock lock(mutex);
    files.push_back(std::move(file));
    changed.notify_one();
    while (files.size() > 16) {
      const std::string mine = std::move(files.front());
      files.pop_front();
      lock.unlock();
      unpack(mine, room);
      lock.lock();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<char> room(64U << 20);
  std::thread other(work);
  for (int i = 1; i < argc; ++i) {
    const int file = ::open(argv[i], O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) fail("a package cannot be opened");
    const auto size = static_cast<std::size_t>(status.st_size);
    const void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapped == MAP_FAILED) fail("a package cannot be mapped");
    read_package({static_cast<const char*>(mapped), size}, room);
  }
  {
    const std::lock_guard lock(mutex);
    is_ended = true;
  }
  changed.notify_all();
  for (std::unique_lock lock(mutex); !files.empty(); lock.lock()) {
    const std::string mine = std::move(files.front());
    files.pop_front();
    lock.unlock();
    unpack(mine, room);
  }
  other.join();
  std::printf("%llu files, %llu bytes\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(bytes));
}
