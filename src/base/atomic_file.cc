#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/output.h"

namespace btfx {

namespace {

constexpr int max_links = 40;  // as the kernel's own limit on following symbolic links

/// Where a chain of symbolic links ends, whether or not that file exists.
std::string follow_links(std::string path) {
  for (int i = 0; i < max_links; ++i) {
    char target[4096];
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    if (length < 0) return path;
    std::string next(target, static_cast<std::size_t>(length));
    const std::size_t slash = path.rfind('/');
    if (next.empty() || next.front() == '/' || slash == std::string::npos) {
      path = std::move(next);
    } else {
      path = path.substr(0, slash + 1) + next;
    }
  }
  throw system_error("follow the link", ELOOP, path);
}

/// A temporary file that disappears unless it was renamed.
class Temporary {
 public:
  Temporary(std::string target, mode_t mode) : target_(std::move(target)) {
    const std::size_t slash = target_.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    directory_ = slash == std::string::npos ? "." : target_.substr(0, slash + 1);
    path_ = target_.substr(0, name) + "." + target_.substr(name) + ".XXXXXX";
    fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
    if (fd_ < 0) throw system_error("create a temporary file beside it", errno, target_);
    if (::fchmod(fd_, mode) != 0) fail("set the mode of the new file");
  }
  ~Temporary() {
    if (fd_ >= 0) ::close(fd_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  void give_to(uid_t owner, gid_t group) {
    struct stat status {};
    if (::fstat(fd_, &status) == 0 && status.st_uid == owner && status.st_gid == group) return;
    if (::fchown(fd_, owner, group) != 0) fail("keep the owner");
  }

  void commit() {
    if (::fsync(fd_) != 0) fail("sync");
    if (::close(std::exchange(fd_, -1)) != 0) fail("close");
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("replace");
    path_.clear();
    // The rename itself is durable once the directory is: a failure here loses nothing that a reader could see.
    const int directory = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
      ::fsync(directory);
      ::close(directory);
    }
  }

 private:
  [[noreturn]] void fail(const char* what) const { throw system_error(what, errno, target_); }

  std::string target_, directory_, path_;
  int fd_ = -1;
};

mode_t default_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return static_cast<mode_t>(0666) & ~mask;
}

}  // namespace

void replace_file(const std::string& path, ByteView content) {
  const std::string target = follow_links(path);
  struct stat status {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw system_error("write", EISDIR, path);
  if (exists && !S_ISREG(status.st_mode)) {
    const int fd = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) throw system_error("open", errno, path);
    FdOutput(fd, path).write(as_text(content));
    ::close(fd);
    return;
  }
  Temporary temporary(target, exists ? status.st_mode & static_cast<mode_t>(07777) : default_mode());
  FdOutput(temporary.fd(), target).write(as_text(content));
  if (exists) temporary.give_to(status.st_uid, status.st_gid);
  temporary.commit();
}

}  // namespace btfx
