#include "base/screen.h"

#include <string>
#include <vector>

#include "base/palette.h"
#include "catch.h"

namespace btfx {
namespace {

const std::string umlauts = "\xc3\xa4\xc3\xb6\xc3\xbc";

TEST_CASE("The width of a text counts characters, and colours have none") {
  CHECK(text_width("") == 0);
  CHECK(text_width("abc") == 3);
  CHECK(text_width(umlauts) == 3);
  CHECK(text_width(painted(Paint::bold_red, "abc") + "d") == 4);
  CHECK(text_width("ab\x1b[1") == 2);  // an escape sequence without an end
}

TEST_CASE("A text that is too wide lacks its middle") {
  CHECK(shortened("lib/modules/tun.ko", 18) == "lib/modules/tun.ko");
  CHECK(shortened("lib/modules/tun.ko", 17) == "lib/...les/tun.ko");
  CHECK(shortened("lib/modules/tun.ko", 10) == "li...un.ko");
  CHECK(shortened("abcdef", 4) == "...f");
  CHECK(shortened("abcdef", 3) == "abc");
  CHECK(shortened("abcdef", 0).empty());
  CHECK(shortened(umlauts + umlauts, 5) == "...\xc3\xb6\xc3\xbc");
  CHECK(shortened(umlauts, 3) == umlauts);
  CHECK(first_characters(umlauts, 2) == "\xc3\xa4\xc3\xb6");
  CHECK(first_characters("ab", 9) == "ab");
}

TEST_CASE("Lines end at blanks, and a word is broken only when it is wider than a line") {
  using Lines = std::vector<std::string>;
  CHECK(wrapped("", 5) == Lines{""});
  CHECK(wrapped("ab cd ef", 8) == Lines{"ab cd ef"});
  CHECK(wrapped("ab cd ef", 7) == Lines{"ab cd", "ef"});
  CHECK(wrapped("ab cd ef", 5) == Lines{"ab cd", "ef"});
  CHECK(wrapped("ab cd ef", 4) == Lines{"ab", "cd", "ef"});
  CHECK(wrapped("abcdefg hi", 3) == Lines{"abc", "def", "g", "hi"});
  CHECK(wrapped("abc", 0) == Lines{"a", "b", "c"});
  CHECK(wrapped(umlauts + umlauts, 3) == Lines{umlauts, umlauts});
}

TEST_CASE("Further lines are indented by four blanks more than the first") {
  CHECK(wrapped_lines("abc\n  one two three\nde\n", 12) == "abc\n  one two\n      three\nde\n");
  CHECK(wrapped_lines("one two three four\n", 10) == "one two\n    three\n    four\n");
  CHECK(wrapped_lines("\n\n", 10) == "\n\n");
  CHECK(wrapped_lines("one two", 0) == "one two");
  // A screen narrower than the indent still makes lines.
  CHECK(wrapped_lines("      ab\n", 4) == "      a\n  b\n");
  const std::string red = painted(Paint::red, "one");
  CHECK(wrapped_lines(red + " two\n", 7) == red + " two\n");
  CHECK(wrapped_lines(red + " two\n", 6) == red + "\n   two\n");
}

}  // namespace
}  // namespace btfx
