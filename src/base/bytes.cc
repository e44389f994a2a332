#include "base/bytes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/file_parts.h"

namespace btfx {

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
  return FileParts::open(path).all();
}

}  // namespace btfx
