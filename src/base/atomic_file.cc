#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/mapped_files.h"

namespace btfx {

namespace {

constexpr int max_links = 40;  // as the kernel's own limit on following symbolic links

/// The directory part of a path with its slash; empty when there is none.
std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

/// What opens the directory of a path.
std::string openable_directory_of(const std::string& path) {
  std::string directory = directory_of(path);
  return directory.empty() ? "." : directory;
}

/// Where a chain of symbolic links ends.
struct LinkEnd {
  std::string path;            ///< whether or not that file exists
  bool is_descriptor = false;  ///< a link of procfs, which stands for an open file: its text is no more than a hint
};

LinkEnd follow_links(std::string path) {
  for (int i = 0; i < max_links; ++i) {
    char target[4096];
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    if (length < 0) return {std::move(path), false};
    struct statfs mounted {};
    if (::statfs(openable_directory_of(path).c_str(), &mounted) == 0 && mounted.f_type == PROC_SUPER_MAGIC) {
      return {std::move(path), true};
    }
    const std::string_view next(target, static_cast<std::size_t>(length));
    path = next.starts_with('/') ? std::string() : directory_of(path);
    path += next;
  }
  throw system_error("follow the link", ELOOP, path);
}

Fd open_directory(const std::string& path, int flags) {
  return Fd(::open(path.c_str(), flags | O_DIRECTORY | O_CLOEXEC));
}

bool is_same(const Fd& one, const Fd& other) {
  struct stat first {
  }, second{};
  return ::fstat(one.get(), &first) == 0 && ::fstat(other.get(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/// Opens the file that a link of procfs stands for. Our own descriptor is dup()ed, so that offset and flags are shared,
/// as with a shell redirection; reopening would start at offset 0. Another process's cannot be shared: append.
Fd open_descriptor(const std::string& link) {
  const Fd its = open_directory(openable_directory_of(link), O_PATH), ours = open_directory("/proc/self/fd", O_PATH);
  int number = -1;
  std::from_chars(link.data() + directory_of(link).size(), link.data() + link.size(), number);
  if (number >= 0 && is_same(its, ours)) return Fd(::fcntl(number, F_DUPFD_CLOEXEC, 0));
  return Fd(::open(link.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
}

/// A temporary file beside its target, which disappears unless it takes the target's place.
class Temporary {
 public:
  /// `mode` is subject to the umask.
  Temporary(std::string target, mode_t mode) : target_(std::move(target)) {
    // Short, so that it fits wherever the target's name fits. Random, not a pid: pids repeat across containers, and the
    // signal handler unlinks every recorded path, even one that was not created yet.
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != ssize_t{sizeof number}) fail(creating);
    path_ = fmt::format("{}.btfx-{:016x}", directory_of(target_), number);
    const CreatingTemporary creating_it;
    record_.emplace(path_);
    fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd_.is_open()) fail(creating);
  }
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }

  /// Owner first, because a change of owner clears the set-user-id bits and capabilities; the mode last, because an
  /// access control list sets part of it.
  void take_after(const struct stat& old) {
    struct stat status {};
    if (::fstat(fd(), &status) != 0) fail("stat");
    drop_inherited_list();
    if (status.st_uid != old.st_uid || status.st_gid != old.st_gid) {
      if (::fchown(fd(), old.st_uid, old.st_gid) != 0) fail("keep the owner");
    }
    copy_attributes();
    if (::fchmod(fd(), old.st_mode & static_cast<mode_t>(07777)) != 0) fail("keep the mode");
  }

  /// Makes sure that the content is on the disk.
  void finish() {
    if (::fsync(fd()) != 0) fail("sync");
    if (fd_.close() != 0) fail("close");
  }

  /// Takes the target's place.
  void commit() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("replace");
    path_.clear();
    // The rename itself is durable once the directory is: a failure here loses nothing that a reader could see.
    const Fd directory = open_directory(openable_directory_of(target_), O_RDONLY);
    if (directory.is_open()) ::fsync(directory.get());
  }

 private:
  /// Removes the access control list that a new file gets from its directory: it may allow more than the old file did.
  void drop_inherited_list() {
    constexpr const char* name = "system.posix_acl_access";
    if (::fgetxattr(fd(), name, nullptr, 0) < 0) return;  // none, as mostly, or none on this file system
    if (::fremovexattr(fd(), name) != 0) fail("drop the access control list of the directory");
  }

  /// Copies extended attributes (labels, access control lists) where reading and setting them is allowed, but no
  /// signature of the old content.
  void copy_attributes() {
    const ssize_t length = ::listxattr(target_.c_str(), nullptr, 0);
    if (length <= 0) return;
    std::string names(static_cast<std::size_t>(length), '\0');
    const ssize_t got = ::listxattr(target_.c_str(), names.data(), names.size());
    if (got < 0) return;
    names.resize(static_cast<std::size_t>(got));
    for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
      const char* name = &names[at];
      if (std::string_view(name) == "security.ima" || std::string_view(name) == "security.evm") continue;
      const ssize_t size = ::getxattr(target_.c_str(), name, nullptr, 0);
      if (size < 0) continue;
      std::vector<char> value(static_cast<std::size_t>(size));
      if (::getxattr(target_.c_str(), name, value.data(), value.size()) != size) continue;
      if (::fsetxattr(fd(), name, value.data(), value.size(), 0) == 0) continue;
      if (errno == ENOSPC || errno == EDQUOT) fail("keep the extended attributes");
    }
  }

  static constexpr const char* creating = "create a temporary file beside it";

  [[noreturn]] void fail(const char* what) const { throw system_error(what, errno, target_); }

  std::string target_, path_;
  std::optional<TemporaryRecord> record_;
  Fd fd_;
};

}  // namespace

struct ReplacedFile::State {
  std::optional<Temporary> temporary;  ///< unless the target is written directly
  std::optional<struct stat> old;      ///< of the file that is replaced
  Fd direct;
  std::optional<FdOutput> out;
};

ReplacedFile::ReplacedFile(const std::string& path) : state_(std::make_unique<State>()) {
  struct stat old {};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) throw system_error("write", EISDIR, path);
  LinkEnd end = follow_links(path);
  if (end.is_descriptor || (exists && !S_ISREG(old.st_mode))) {
    state_->direct = end.is_descriptor ? open_descriptor(end.path) : Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!state_->direct.is_open()) throw system_error("open", errno, path);
    state_->out.emplace(state_->direct.get(), path);
    return;
  }
  // A new file gets what the umask allows; one that replaces another is closed to others until it has the old mode.
  state_->temporary.emplace(std::move(end.path), exists ? 0600 : 0666);
  if (exists) state_->old = old;
  state_->out.emplace(state_->temporary->fd(), path);
}

ReplacedFile::~ReplacedFile() = default;

bool ReplacedFile::is_direct(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return false;
  return !S_ISREG(status.st_mode) || names_descriptor(path);
}

void ReplacedFile::write(std::string_view text) {
  state_->out->write(text);
}

void ReplacedFile::finish() {
  if (!state_->temporary) return;
  if (state_->old) state_->temporary->take_after(*state_->old);
  state_->temporary->finish();
}

void ReplacedFile::commit() {
  if (state_->temporary) state_->temporary->commit();
}

bool names_descriptor(const std::string& path) {
  return follow_links(path).is_descriptor;
}

void replace_file(const std::string& path, ByteView content) {
  // The view outlives the call, so that nothing needs to own it.
  const FileContent file{path, Bytes(nullptr, content)};
  replace_files({&file, 1});
}

void replace_files(std::span<const FileContent> files) {
  std::deque<ReplacedFile> replaced;
  // What cannot be taken back is written last.
  for (const bool direct : {false, true}) {
    for (const FileContent& file : files) {
      if (ReplacedFile::is_direct(file.path) != direct) continue;
      const ByteView content = file.content.view();
      replaced.emplace_back(file.path).write(as_text(content));
      replaced.back().finish();
    }
  }
  for (ReplacedFile& file : replaced) file.commit();
}

}  // namespace btfx
