#include "base/error.h"

#include <cerrno>

#include "catch.h"

namespace btfx {

TEST_CASE("A place is written from the outside in, with what is known") {
  CHECK(to_string(Place{}).empty());
  CHECK(to_string(Place{.file = "a.ko"}) == "a.ko");
  CHECK(to_string(Place{.section = ".BTF", .offset = 0}) == ".BTF: offset 0x0");
  CHECK(to_string(Place{.file = "a.ko", .section = ".BTF", .offset = 24, .type_id = 7}) ==
        "a.ko: .BTF: offset 0x18: type 7");
}

TEST_CASE("An error's message is its place and its sentence") {
  const Error bare(ErrorCode::usage, "nothing given");
  CHECK(bare.what() == std::string("nothing given"));
  CHECK(bare.code() == ErrorCode::usage);

  const Error placed(ErrorCode::malformed, "is wrong", {.offset = 255, .type_id = 3});
  CHECK(placed.what() == std::string("offset 0xff: type 3: is wrong"));
  CHECK(placed.sentence() == "is wrong");
}

TEST_CASE("A place that is known is completed, never overwritten") {
  const Error inner(ErrorCode::truncated, "ends early", {.section = ".BTF.base", .offset = 16});
  const Error outer = inner.in("a.ko", ".BTF").in("b.ko");
  CHECK(outer.what() == std::string("a.ko: .BTF.base: offset 0x10: ends early"));
  CHECK(outer.code() == ErrorCode::truncated);
  CHECK(outer.place().file == "a.ko");
}

TEST_CASE("A failed system call says what could not be done and why") {
  const Error error = system_error("open", ENOENT, "/no/such");
  CHECK(error.what() == std::string("/no/such: cannot open: No such file or directory"));
  CHECK(error.code() == ErrorCode::io);
}

}  // namespace btfx
