#include "base/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace btfx {

void FdOutput::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) throw ClosedPipe{};
    if (written < 0 && errno == EAGAIN) {  // the pipe was left non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, -1) >= 0 || errno == EINTR) continue;
    }
    if (written < 0) throw system_error("write", errno, name_);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void BufferedOutput::write(std::string_view text) {
  constexpr std::size_t large = 65536;
  gathered_ += text;
  if (gathered_.size() >= large) flush();
}

void BufferedOutput::flush() {
  out_.write(gathered_);
  gathered_.clear();
}

}  // namespace btfx
