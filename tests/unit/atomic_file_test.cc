#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx {

namespace fs = std::filesystem;
using test::error_of;
using test::read_file;
using test::TempDir;
using test::write_file;

namespace {

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

mode_t mode_of(const std::string& path) {
  return status_of(path).st_mode & static_cast<mode_t>(07777);
}

std::size_t entries(const TempDir& dir) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir.path()), {}));
}

void replace(const std::string& path, std::string_view content) {
  replace_file(path, as_bytes(content));
}

/// An access control list as it stands in an extended attribute: owner and group may read and write, others nothing,
/// and one user more may what the mask lets him.
std::string access_list(std::uint32_t user) {
  constexpr std::uint32_t nobody = 0xffffffff;
  std::string list;
  const auto put = [&](std::uint32_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) list += static_cast<char>(value >> (8 * i));
  };
  const auto entry = [&](std::uint32_t tag, std::uint32_t rights, std::uint32_t id) {
    put(tag, 2);
    put(rights, 2);
    put(id, 4);
  };
  put(2, 4);  // the version
  entry(0x01, 6, nobody);
  entry(0x02, 7, user);
  entry(0x04, 6, nobody);
  entry(0x10, 6, nobody);  // the mask, which is also what the mode shows of the group
  entry(0x20, 0, nobody);
  return list;
}

/// Lets no file grow past some bytes while it lives, so that writes fail.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit lower{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    static_cast<void>(std::signal(SIGXFSZ, handler_));
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("A new file is written with the mode that the umask allows") {
  const TempDir dir;
  const mode_t before = ::umask(027);
  replace(dir / "new", "content");
  ::umask(before);
  CHECK(read_file(dir / "new") == "content");
  CHECK(mode_of(dir / "new") == 0640);
  CHECK(entries(dir) == 1);
}

TEST_CASE("A replaced file keeps its mode, whatever the umask, and is a new file") {
  const TempDir dir;
  for (const mode_t mode : {0644U, 0600U, 0777U, 04755U, 0444U}) {
    write_file(dir / "file", "old content, longer");
    REQUIRE(::chmod((dir / "file").c_str(), mode) == 0);
    const Fd reader(::open((dir / "file").c_str(), O_RDONLY));
    replace(dir / "file", "new");
    CHECK(read_file(dir / "file") == "new");
    CHECK(mode_of(dir / "file") == mode);
    std::array<char, 32> old{};
    CHECK(::read(reader.get(), old.data(), old.size()) == 19);  // who has it open still sees the old one, whole
    REQUIRE(::unlink((dir / "file").c_str()) == 0);
  }
  CHECK(entries(dir) == 0);
}

TEST_CASE("A replaced file keeps its owner, and its set-user-id bits") {
  if (::geteuid() != 0) {
    WARN("not tested: only root can give files away");
    return;
  }
  const TempDir dir;
  write_file(dir / "file", "old");
  REQUIRE(::chown((dir / "file").c_str(), 1234, 2345) == 0);
  REQUIRE(::chmod((dir / "file").c_str(), 06755) == 0);
  replace(dir / "file", "new");
  CHECK(status_of(dir / "file").st_uid == 1234);
  CHECK(status_of(dir / "file").st_gid == 2345);
  CHECK(mode_of(dir / "file") == 06755);
}

TEST_CASE("A replaced file keeps its extended attributes, but for signatures of what it held") {
  const TempDir dir;
  const std::string path = dir / "file";
  write_file(path, "old");
  if (::setxattr(path.c_str(), "user.origin", "vendor", 6, 0) != 0) {
    WARN("not tested: no extended attributes of users on this file system");
    return;
  }
  REQUIRE(::setxattr(path.c_str(), "user.empty", "", 0, 0) == 0);
  // Only root may set this one, and it means something to a kernel that measures files.
  const bool is_signed = ::setxattr(path.c_str(), "security.ima", "\4\4", 2, 0) == 0;
  replace(path, "new");
  std::array<char, 32> value{};
  REQUIRE(::getxattr(path.c_str(), "user.origin", value.data(), value.size()) == 6);
  CHECK(std::string_view(value.data(), 6) == "vendor");
  CHECK(::getxattr(path.c_str(), "user.empty", value.data(), value.size()) == 0);
  if (is_signed) CHECK(::getxattr(path.c_str(), "security.ima", value.data(), value.size()) < 0);
  CHECK(read_file(path) == "new");
}

TEST_CASE("A replaced file keeps its access control list, and gets none from its directory") {
  const TempDir dir;
  const std::string path = dir / "file", listed = dir / "listed";
  for (const std::string& file : {path, listed}) {
    write_file(file, "old");
    REQUIRE(::chmod(file.c_str(), 0660) == 0);
  }
  const std::string inherited = access_list(1000), own = access_list(2000);
  if (::setxattr(dir.path().c_str(), "system.posix_acl_default", inherited.data(), inherited.size(), 0) != 0) {
    WARN("not tested: no access control lists on this file system");
    return;
  }
  REQUIRE(::setxattr(listed.c_str(), "system.posix_acl_access", own.data(), own.size(), 0) == 0);
  for (const std::string& file : {path, listed, dir / "new"}) replace(file, "new");

  std::array<char, 256> value{};
  const auto list_of = [&](const std::string& file) {
    const ssize_t size = ::getxattr(file.c_str(), "system.posix_acl_access", value.data(), value.size());
    return size < 0 ? "none" : std::string(value.data(), static_cast<std::size_t>(size));
  };
  CHECK(list_of(path) == "none");
  CHECK(mode_of(path) == 0660);
  CHECK(list_of(listed) == own);
  CHECK(mode_of(listed) == 0660);
  CHECK(list_of(dir / "new") != "none");  // as any new file there
}

TEST_CASE("A replaced file leaves its other hard links as they were") {
  const TempDir dir;
  write_file(dir / "file", "old");
  fs::create_hard_link(dir / "file", dir / "other");
  replace(dir / "file", "new");
  CHECK(read_file(dir / "file") == "new");
  CHECK(read_file(dir / "other") == "old");
  CHECK(fs::hard_link_count(dir / "file") == 1);
}

TEST_CASE("A symbolic link stays, and what it points at is replaced") {
  const TempDir dir;
  fs::create_directory(dir / "sub");
  write_file(dir / "sub/file", "old");
  fs::create_symlink("file", dir / "sub/second");
  fs::create_symlink("sub/second", dir / "first");
  replace(dir / "first", "new");
  CHECK(fs::is_symlink(dir / "first"));
  CHECK(fs::is_symlink(dir / "sub/second"));
  CHECK(read_file(dir / "sub/file") == "new");
}

TEST_CASE("A link to nothing gets its target made; one in a circle is an error") {
  const TempDir dir;
  fs::create_symlink("made", dir / "link");
  replace(dir / "link", "new");
  CHECK(fs::is_symlink(dir / "link"));
  CHECK(read_file(dir / "made") == "new");

  fs::create_symlink("round", dir / "round");
  CHECK(error_of([&] { replace(dir / "round", "new"); }).sentence ==
        "cannot follow the link: Too many levels of symbolic links");
}

TEST_CASE("What is no regular file is written directly") {
  replace("/dev/null", "gone");
  CHECK(fs::is_character_file("/dev/null"));

  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  // A link of /proc reads as `pipe:[123]`, which is no path.
  replace(fmt::format("/proc/self/fd/{}", writer.get()), "through the pipe");
  writer.close();
  CHECK(test::text_of(Bytes::read_fd(reader.get(), "pipe")) == "through the pipe");
}

TEST_CASE("A descriptor is written where it stands, and the file that it is of stays") {
  const TempDir dir;
  const std::string path = dir / "log";
  write_file(path, "first\n");
  fs::create_hard_link(path, dir / "other");
  {
    const Fd log(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    const std::string name = fmt::format("/dev/fd/{}", log.get());
    fs::create_symlink(name, dir / "link");
    for (const std::string& output : {name, fmt::format("/proc/self/fd/{}", log.get()), dir / "link"}) {
      CHECK(names_descriptor(output));
      CHECK(ReplacedFile::is_direct(output));
      replace(output, "more\n");
    }
  }
  CHECK(read_file(dir / "other") == "first\nmore\nmore\nmore\n");
  CHECK(fs::hard_link_count(path) == 2);
  {
    const Fd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const std::string name = fmt::format("/dev/fd/{}", reader.get());
    CHECK(error_of([&] { replace(name, "x"); }).message == name + ": cannot write: Bad file descriptor");
  }

  // Not at its end, and without a name.
  write_file(path, "0123456789");
  const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::lseek(file.get(), 3, SEEK_SET) == 3);
  REQUIRE(::unlink(path.c_str()) == 0);
  replace(fmt::format("/proc/self/fd/{}", file.get()), "abc");
  CHECK(::lseek(file.get(), 0, SEEK_CUR) == 6);
  CHECK(read_file(fmt::format("/proc/self/fd/{}", file.get())) == "012abc6789");
  CHECK(entries(dir) == 2);

  // What stands below a directory of procfs that is another's is a file like others.
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  const bool is_descriptor = names_descriptor("/proc/self/cwd/other");
  replace("/proc/self/cwd/other", "replaced");
  fs::current_path(before);
  CHECK_FALSE(is_descriptor);
  CHECK(fs::hard_link_count(dir / "other") == 1);
  CHECK(read_file(dir / "other") == "replaced");
}

TEST_CASE("A file that another process has open is written at its end") {
  const TempDir dir;
  const std::string path = dir / "log";
  write_file(path, "first\n");
  const Fd log(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    writer.close();
    char byte = 0;
    ::_exit(::read(reader.get(), &byte, 1) < 0 ? 1 : 0);  // until the parent closes the other end
  }
  replace(fmt::format("/proc/{}/fd/{}", child, log.get()), "second\n");
  writer.close();
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(read_file(path) == "first\nsecond\n");
  CHECK(entries(dir) == 1);
}

TEST_CASE("When writing fails, the old file is as it was and nothing is left beside it") {
  const TempDir dir;
  write_file(dir / "file", "old");
  const std::string large(100000, 'n');
  {
    const FileSizeLimit limit(4096);
    CHECK(error_of([&] { replace(dir / "file", large); }).message == dir / "file" + ": cannot write: File too large");
    CHECK(error_of([&] { replace(dir / "new", large); }).message == dir / "new" + ": cannot write: File too large");
  }
  CHECK(read_file(dir / "file") == "old");
  CHECK(entries(dir) == 1);
}

TEST_CASE("Directories and places that do not exist are errors") {
  const TempDir dir;
  CHECK(error_of([&] { replace(dir.path(), "x"); }).message == dir.path() + ": cannot write: Is a directory");
  CHECK(error_of([&] { replace(dir / "none/file", "x"); }).message ==
        dir / "none/file" + ": cannot create a temporary file beside it: No such file or directory");
  CHECK(entries(dir) == 0);
}

TEST_CASE("Temporary files bear names that no other process comes upon, and a short one") {
  const TempDir dir;
  std::set<std::string> names;
  for (int i = 0; i < 3; ++i) {
    const ReplacedFile file(dir / "file");
    for (const fs::directory_entry& entry : fs::directory_iterator(dir.path())) {
      names.insert(entry.path().filename().string());
    }
  }
  CHECK(names.size() == 3);
  for (const std::string& name : names) {
    CHECK(name.starts_with(".btfx-"));
    CHECK(name.size() == 22);
  }
  CHECK(entries(dir) == 0);
}

TEST_CASE("The longest file name is no obstacle, and a bare name is in the working directory") {
  const TempDir dir;
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  const std::string name(255, 'n');
  replace(name, "content");
  fs::current_path(before);
  CHECK(read_file(dir / name) == "content");
}

TEST_CASE("A file can be written in pieces, and is the old one until it is committed") {
  const TempDir dir;
  write_file(dir / "file", "old");
  REQUIRE(::chmod((dir / "file").c_str(), 0640) == 0);
  {
    ReplacedFile file(dir / "file");
    file.write("forgotten");
    file.finish();
  }
  CHECK(read_file(dir / "file") == "old");
  CHECK(entries(dir) == 1);

  ReplacedFile file(dir / "file");
  file.write("one ");
  file.write("two");
  file.finish();
  CHECK(read_file(dir / "file") == "old");
  file.commit();
  CHECK(read_file(dir / "file") == "one two");
  CHECK(mode_of(dir / "file") == 0640);
  CHECK(entries(dir) == 1);

  CHECK(ReplacedFile::is_direct("/dev/null"));
  CHECK_FALSE(ReplacedFile::is_direct(dir / "file"));
  CHECK_FALSE(ReplacedFile::is_direct(dir / "none"));
}

TEST_CASE("Files that belong together are all written or none") {
  const TempDir dir;
  write_file(dir / "a", "old");
  const auto write = [&](const std::string& second, std::string_view content) {
    const FileContent files[] = {{dir / "a", Bytes::copy_of("new")}, {second, Bytes::copy_of(content)}};
    return error_of([&] { replace_files(files); }).message;
  };
  CHECK(write(dir / "none/b", "x") ==
        dir / "none/b" + ": cannot create a temporary file beside it: No such file or directory");
  CHECK(write(dir.path(), "x") == dir.path() + ": cannot write: Is a directory");
  {
    const FileSizeLimit limit(4096);
    CHECK(write(dir / "b", std::string(100000, 'n')) == dir / "b" + ": cannot write: File too large");
  }
  CHECK(read_file(dir / "a") == "old");
  CHECK(entries(dir) == 1);
  CHECK(write(dir / "b", "x").empty());
  CHECK(read_file(dir / "a") == "new");
  CHECK(read_file(dir / "b") == "x");
  CHECK(entries(dir) == 2);
}

}  // namespace btfx
