#include "base/suggest.h"

#include "catch.h"

namespace btfx {
namespace {

const std::vector<std::string> commands = {"dump", "distill", "diff", "list", "extract", "resolve-ids"};

TEST_CASE("The nearest name is the one that takes the fewest changes") {
  CHECK(nearest("dmup", commands) == "dump");
  CHECK(nearest("dupm", commands) == "dump");
  CHECK(nearest("distil", commands) == "distill");
  CHECK(nearest("lsit", commands) == "list");
  CHECK(nearest("extrct", commands) == "extract");
  CHECK(nearest("dump", commands) == "dump");
}

TEST_CASE("The beginning of one name alone is that name") {
  CHECK(nearest("resolve", commands) == "resolve-ids");
  CHECK(nearest("ext", commands) == "extract");
  CHECK(nearest("du", commands) == "dump");
}

TEST_CASE("What is far from everything is near to nothing") {
  CHECK(nearest("frobnicate", commands).empty());
  CHECK(nearest("di", commands).empty());
  CHECK(nearest("", commands).empty());
  CHECK(nearest(std::string(1000, 'd'), commands).empty());
  CHECK(nearest("dump", {}).empty());
}

TEST_CASE("Sentences about names") {
  CHECK(did_you_mean("lsit", commands) == "; did you mean 'list'?");
  CHECK(did_you_mean("xyz", commands).empty());
  CHECK(either({"a"}) == "'a'");
  CHECK(either({"a", "b"}) == "'a' or 'b'");
  CHECK(either({"a", "b", "c"}) == "'a', 'b' or 'c'");
}

}  // namespace
}  // namespace btfx
