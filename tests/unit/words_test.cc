#include "cmd/cli/words.h"

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

using Values = std::vector<std::string>;
using Where = WordSpec::Where;

/// A small grammar: sources `file F` (the bare word) and `prog { id N | pinned F } [fast | slow]`, then `format`,
/// `find` and `sort`.
std::vector<WordSpec> grammar(Values& told) {
  const auto note = [&told](std::string prefix) {
    return [&told, prefix = std::move(prefix)](const std::string& value) { told.push_back(prefix + value); };
  };
  return {
      {.word = "file", .argument = "F", .where = Where::anywhere, .set = note("file=")},
      {.word = "prog",
       .argument = "PROG",
       .where = Where::first,
       .one_of = {{.word = "id", .argument = "N", .set = note("id=")},
                  {.word = "pinned", .argument = "F", .set = note("pinned=")}},
       .maybe_one = {{.word = "fast", .argument = {}, .set = note("")},
                     {.word = "slow", .argument = {}, .set = note("")}}},
      {.word = "format", .argument = "FORMAT", .choices = {"raw", "c"}, .set = note("format=")},
      {.word = "find", .argument = "GLOB", .set = note("find=")},
      {.word = "sort", .argument = {}, .set = note("")},
  };
}

Values parse(const Values& arguments) {
  Values told;
  parse_words(grammar(told), "file", arguments);
  return told;
}

std::string error(const Values& arguments) {
  return test::error_of([&] { parse(arguments); }).sentence;
}

TEST_CASE("Words come in any order after the source, and may repeat") {
  CHECK(parse({"file", "x", "sort", "format", "c", "find", "a*", "file", "y", "format", "raw"}) ==
        Values{"file=x", "sort", "format=c", "find=a*", "file=y", "format=raw"});
}

TEST_CASE("A first argument that is no first word is the source") {
  CHECK(parse({"x"}) == Values{"file=x"});
  CHECK(parse({"x", "sort"}) == Values{"file=x", "sort"});
  CHECK(parse({"sort", "sort"}) == Values{"file=sort", "sort"});
  CHECK(parse({"fil", "sort"}) == Values{"file=fil", "sort"});
  CHECK(parse({"file", "file"}) == Values{"file=file"});
}

TEST_CASE("Alternatives and what may follow them") {
  CHECK(parse({"prog", "id", "7"}) == Values{"id=7"});
  CHECK(parse({"prog", "pinned", "p", "slow", "sort"}) == Values{"pinned=p", "slow", "sort"});
  CHECK(parse({"prog", "id", "7", "sort"}) == Values{"id=7", "sort"});
  CHECK(error({"prog"}) == "'prog' needs 'id' or 'pinned'");
  CHECK(error({"prog", "7"}) == "'prog' needs 'id' or 'pinned', not '7'");
  CHECK(error({"prog", "id"}) == "'id' needs a value: N");
  CHECK(error({"file", "x", "prog", "id", "7"}) == "'prog' can only stand first");
}

TEST_CASE("Later words may be shortened while they are unambiguous") {
  CHECK(parse({"x", "so", "fo", "raw", "fil", "y", "s"}) == Values{"file=x", "sort", "format=raw", "file=y", "sort"});
  CHECK(error({"x", "f", "y"}) == "word 'f' is ambiguous: 'file', 'format' or 'find'");
  CHECK(error({"x", "p"}) == "unknown word 'p', expected 'file', 'format', 'find' or 'sort'");
  CHECK(error({"f", "y"}) == "unknown word 'y': 'f' is taken for a file; the first word cannot be shortened: file y");
  CHECK(error({"pr", "y"}) == "unknown word 'y': 'pr' is taken for a file; the first word cannot be shortened: prog y");
  CHECK(parse({"f", "sort"}) == Values{"file=f", "sort"});
  CHECK(error({"x", ""}) == "unknown word '', expected 'file', 'format', 'find' or 'sort'");
}

TEST_CASE("Mistyped words and values are told apart from their neighbours") {
  CHECK(error({}) == "F is missing");
  CHECK(error({"file"}) == "'file' needs a value: F");
  CHECK(error({"x", "fromat", "raw"}) == "unknown word 'fromat'; did you mean 'format'?");
  CHECK(error({"x", "sort", "y"}) == "unknown word 'y', expected 'file', 'format', 'find' or 'sort'");
  CHECK(error({"x", "format"}) == "'format' needs a value: FORMAT");
  CHECK(error({"x", "format", "ra"}) == "'format' takes 'raw' or 'c', not 'ra'; did you mean 'raw'?");
}

}  // namespace
}  // namespace btfx
