#include "base/mapped_files.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "catch.h"
#include "support/temp_dir.h"

namespace btfx {
namespace {

using namespace test;

constexpr std::size_t large = std::size_t{1} << 20;  // mapped, not read

/// What a process wrote to its standard output, and how it ended, as wait() says.
struct Ended {
  std::string text;
  int status = 0;
};

Ended in_a_process(const std::function<void()>& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    on_lost_mapping([](const char* path) {
      const bool written = ::write(STDOUT_FILENO, path, std::strlen(path)) > 0;
      ::_exit(written ? 2 : 3);
    });
    work();
    ::_exit(0);
  }
  ::close(ends[1]);
  Ended ended;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    ended.text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  REQUIRE(::waitpid(child, &ended.status, 0) == child);
  return ended;
}

TEST_CASE("a mapped file that becomes shorter ends the program, and takes temporary files along") {
  const TempDir dir;
  const std::string path = dir / "mapped\n\x1b[31m", other = dir / "other", temporary = dir / "temporary",
                    gone = dir / "gone";
  for (const std::string& file : {path, other}) write_file(file, std::string(large, 'x'));
  for (const std::string& file : {temporary, gone}) write_file(file, "part");
  const Ended ended = in_a_process([&] {
    const Bytes first = Bytes::map_file(other), bytes = Bytes::map_file(path);
    const TemporaryRecord kept(temporary);
    { const TemporaryRecord committed(gone); }
    if (::truncate(path.c_str(), 5000) != 0) ::_exit(4);
    if (bytes.data()[4999] != std::byte{'x'}) ::_exit(5);
    static_cast<void>(*static_cast<const volatile std::byte*>(bytes.data() + large - 1));
  });
  REQUIRE(WIFEXITED(ended.status));
  CHECK(WEXITSTATUS(ended.status) == 2);
  CHECK(ended.text == dir / "mapped\\x0a\\x1b[31m");
  CHECK(::access(temporary.c_str(), F_OK) != 0);
  CHECK(read_file(gone) == "part");
}

TEST_CASE("who stops the program takes temporary files along, and learns by what it ended") {
  const TempDir dir;
  const std::string temporary = dir / "temporary", gone = dir / "gone";
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    for (const std::string& file : {temporary, gone}) write_file(file, "part");
    const Ended ended = in_a_process([&] {
      ::signal(signal, SIG_DFL);  // whatever this process was started with
      clean_up_when_stopped();
      const TemporaryRecord kept(temporary);
      { const TemporaryRecord committed(gone); }
      ::kill(::getpid(), signal);
      ::sleep(5);
    });
    REQUIRE(WIFSIGNALED(ended.status));
    CHECK(WTERMSIG(ended.status) == signal);
    CHECK(::access(temporary.c_str(), F_OK) != 0);
    CHECK(read_file(gone) == "part");
  }
}

TEST_CASE("who stops the program learns so, too, when it is process 1, which no signal ends by itself") {
  const TempDir dir;
  const std::string temporary = dir / "temporary";
  constexpr int cannot = 77;
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    write_file(temporary, "part");
    const Ended ended = in_a_process([&] {
      if (::unshare(CLONE_NEWPID) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) ::_exit(cannot);
      const pid_t first = ::fork();
      if (first < 0) ::_exit(cannot);
      if (first == 0) {
        ::signal(signal, SIG_DFL);
        clean_up_when_stopped();
        const TemporaryRecord kept(temporary);
        ::kill(::getpid(), signal);
        ::_exit(::getpid() == 1 ? 3 : 4);
      }
      int status = 0;
      if (::waitpid(first, &status, 0) != first || !WIFEXITED(status)) ::_exit(5);
      ::_exit(WEXITSTATUS(status));
    });
    REQUIRE(WIFEXITED(ended.status));
    if (WEXITSTATUS(ended.status) == cannot) {
      WARN("not tested: no namespace of processes can be made here");
      return;
    }
    CHECK(WEXITSTATUS(ended.status) == 128 + signal);
    CHECK(::access(temporary.c_str(), F_OK) != 0);
  }
}

TEST_CASE("a temporary file that is being created when a signal comes is removed as well") {
  const TempDir dir;
  const std::string slow = dir / "slow", late = dir / "late";
  const Ended ended = in_a_process([&] {
    ::signal(SIGTERM, SIG_DFL);
    clean_up_when_stopped();
    std::thread creates([&] {
      std::optional<TemporaryRecord> record;
      {
        const CreatingTemporary creating;
        record.emplace(slow);
        ::usleep(200 * 1000);  // as if another process had the processor
        write_file(slow, "part");
      }
      ::sleep(5);
    });
    ::usleep(50 * 1000);
    std::thread begins_later([&] {
      ::usleep(50 * 1000);
      const CreatingTemporary creating;  // does not return any more
      write_file(late, "part");
    });
    ::kill(::getpid(), SIGTERM);
    creates.join();
    begins_later.join();
    ::sleep(5);
  });
  REQUIRE(WIFSIGNALED(ended.status));
  CHECK(WTERMSIG(ended.status) == SIGTERM);
  CHECK(::access(slow.c_str(), F_OK) != 0);
  CHECK(::access(late.c_str(), F_OK) != 0);
}

TEST_CASE("signals that somebody had ignored stay so") {
  const Ended ended = in_a_process([] {
    ::signal(SIGHUP, SIG_IGN);
    clean_up_when_stopped();
    ::raise(SIGHUP);
    ::_exit(7);
  });
  REQUIRE(WIFEXITED(ended.status));
  CHECK(WEXITSTATUS(ended.status) == 7);
}

TEST_CASE("SIGBUS for another reason is what it always is") {
  const auto read_in_vain = [] {
    // Pages of a file that has none, and that nobody recorded.
    const int file = ::memfd_create("empty", 0);
    const void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    static_cast<void>(*static_cast<const volatile char*>(page));
  };
  for (const std::function<void()>& work :
       {std::function<void()>([] { ::raise(SIGBUS); }),
        std::function<void()>([] { ::kill(::getpid(), SIGBUS), ::sleep(5); }), std::function<void()>(read_in_vain)}) {
    const Ended ended = in_a_process(work);
    REQUIRE(WIFSIGNALED(ended.status));
    CHECK(WTERMSIG(ended.status) == SIGBUS);
  }
}

TEST_CASE("when there are too many mappings, files are read") {
  const TempDir dir;
  const std::string path = dir / "file";
  write_file(path, std::string(large, 'x'));
  const Ended ended = in_a_process([&] {
    std::vector<Bytes> mapped;
    for (int i = 0; i < 1100; ++i) mapped.push_back(Bytes::map_file(path));
    if (mapped.back().size() != large) ::_exit(5);
    if (::truncate(path.c_str(), 0) != 0) ::_exit(4);
    if (mapped.back().data()[large - 1] != std::byte{'x'}) ::_exit(6);
    ::_exit(7);
  });
  REQUIRE(WIFEXITED(ended.status));
  CHECK(WEXITSTATUS(ended.status) == 7);
}

}  // namespace
}  // namespace btfx
