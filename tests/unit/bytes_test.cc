#include "base/bytes.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx {

using test::error_of;
using test::TempDir;
using test::text_of;

TEST_CASE("Bytes keep what they were made from, and slices keep the storage") {
  Bytes part;
  {
    const Bytes whole = Bytes::copy_of("hello world");
    CHECK(whole.size() == 11);
    CHECK(text_of(whole) == "hello world");
    part = whole.slice(6, 5);
  }
  CHECK(text_of(part) == "world");
  CHECK(text_of(part.slice(5, 0)).empty());
}

TEST_CASE("Empty bytes are empty") {
  CHECK(Bytes().empty());
  CHECK(Bytes().size() == 0);
  CHECK(Bytes::copy_of(std::string_view()).empty());
}

TEST_CASE("A copy is aligned to eight bytes") {
  const Bytes copy = Bytes::copy_of("odd");
  CHECK(reinterpret_cast<std::uintptr_t>(copy.data()) % 8 == 0);
}

TEST_CASE("A file is mapped whole") {
  const TempDir dir;
  const std::string content(100000, 'x');
  test::write_file(dir / "file", content);
  CHECK(text_of(Bytes::map_file(dir / "file")) == content);
}

TEST_CASE("A mapping outlives the name of its file") {
  const TempDir dir;
  test::write_file(dir / "file", "content");
  const Bytes mapped = Bytes::map_file(dir / "file");
  REQUIRE(::unlink((dir / "file").c_str()) == 0);
  CHECK(text_of(mapped) == "content");
}

TEST_CASE("An empty file and files without a size are read, not mapped") {
  const TempDir dir;
  test::write_file(dir / "empty", "");
  CHECK(Bytes::map_file(dir / "empty").empty());
  CHECK(text_of(Bytes::map_file("/proc/self/comm")) == "btfx_tests\n");
}

TEST_CASE("A file that cannot be mapped is named") {
  const TempDir dir;
  CHECK(error_of([&] { Bytes::map_file(dir / "none"); }).message ==
        dir / "none" + ": cannot open: No such file or directory");
  CHECK(error_of([&] { Bytes::map_file(dir.path()); }).message == dir.path() + ": is a directory, not a file");
}

TEST_CASE("A pipe is read to its end") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const Fd reader(ends[0]);
  const std::string content(1000000, 'y');
  std::jthread writer([&, fd = Fd(ends[1])] {
    std::string_view left = content;
    while (!left.empty()) left.remove_prefix(static_cast<std::size_t>(::write(fd.get(), left.data(), left.size())));
  });
  CHECK(text_of(Bytes::read_fd(reader.get(), "-")) == content);
}

TEST_CASE("Reading stops at the limit") {
  const TempDir dir;
  test::write_file(dir / "file", std::string(101, 'z'));
  const Bytes mapped = Bytes::map_file(dir / "file");
  for (const auto& [limit, message] :
       {std::pair{std::uint64_t{101}, ""}, std::pair{std::uint64_t{100}, "-: larger than 100 bytes"}}) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const Fd reader(ends[0]);
    REQUIRE(::write(ends[1], mapped.data(), mapped.size()) == 101);
    REQUIRE(::close(ends[1]) == 0);
    const test::Caught caught = error_of([&, most = limit] { Bytes::read_fd(reader.get(), "-", most); });
    CHECK(caught.message == message);
  }
}

TEST_CASE("A descriptor that cannot be read is named") {
  CHECK(error_of([] { Bytes::read_fd(-1, "standard input"); }).message ==
        "standard input: cannot read: Bad file descriptor");
}

TEST_CASE("A text is found at an offset only if all of it is there") {
  const ByteView view = as_bytes("abcdef");
  CHECK(holds_at(view, 0, "abc"));
  CHECK(holds_at(view, 3, "def"));
  CHECK(holds_at(view, 6, ""));
  CHECK_FALSE(holds_at(view, 1, "abc"));
  CHECK_FALSE(holds_at(view, 4, "efg"));
  CHECK_FALSE(holds_at(view, 7, ""));
}

}  // namespace btfx
