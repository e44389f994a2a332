#include "base/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/fd.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx {

namespace {

struct Pipe {
  explicit Pipe(int flags = 0) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), flags | O_CLOEXEC) == 0);
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  }
  Fd reader, writer;
};

}  // namespace

TEST_CASE("Everything written arrives, in one piece or many") {
  const test::TempDir dir;
  const Fd fd(::open((dir / "out").c_str(), O_WRONLY | O_CREAT, 0600));
  FdOutput out(fd.get(), "out");
  out.write("one ");
  out.write("");
  out.write(std::string("two\0three", 9));
  CHECK(test::read_file(dir / "out") == std::string("one two\0three", 13));
}

TEST_CASE("A pipe that was left non-blocking is waited for") {
  Pipe pipe(O_NONBLOCK);
  REQUIRE(::fcntl(pipe.reader.get(), F_SETFL, 0) == 0);
  const std::string content(1 << 20, 'a');
  std::string got;
  std::jthread reader([&] { got = test::text_of(Bytes::read_fd(pipe.reader.get(), "pipe")); });
  FdOutput(pipe.writer.get(), "pipe").write(content);
  pipe.writer.close();
  reader.join();
  CHECK(got == content);
}

TEST_CASE("A reader that has gone away is no error") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reader.close();
  CHECK_THROWS_AS(FdOutput(pipe.writer.get(), "pipe").write("text"), ClosedPipe);
  static_cast<void>(std::signal(SIGPIPE, before));
}

TEST_CASE("A failed write names the file and the reason") {
  const Fd full(::open("/dev/full", O_WRONLY));
  REQUIRE(full.is_open());
  const test::Caught caught = test::error_of([&] { FdOutput(full.get(), "/dev/full").write("text"); });
  CHECK(caught.code == ErrorCode::io);
  CHECK(caught.message == "/dev/full: cannot write: No space left on device");
}

TEST_CASE("A string collects what is written") {
  StringOutput out;
  out.write("a");
  out.write("bc");
  CHECK(out.text() == "abc");
}

}  // namespace btfx
