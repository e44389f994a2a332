#include "base/printable.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/byte_lanes.h"
#include "base/counted.h"
#include "catch.h"

namespace btfx {

namespace {

struct Sample {
  std::string_view text;
  std::size_t length;  // of the first character, 0 for none
};

}  // namespace

TEST_CASE("UTF-8 sequences have a length, and what is none has 0") {
  static constexpr std::array samples = {
      Sample{"", 0},
      Sample{"a", 1},
      Sample{"\x7f", 1},
      Sample{"\xc3\xa9!", 2},
      Sample{"\xe2\x82\xac", 3},
      Sample{"\xf0\x9f\x90\x9d", 4},
      Sample{"\xf4\x8f\xbf\xbf", 4},
      Sample{"\xc3", 0},              // cut
      Sample{"\xe2\x82", 0},          // cut
      Sample{"\xf0\x9f\x90", 0},      // cut
      Sample{"\x80", 0},              // goes on with nothing
      Sample{"\xc3(", 0},             // does not go on
      Sample{"\xc1\x81", 0},          // overlong
      Sample{"\xe0\x9f\xbf", 0},      // overlong
      Sample{"\xf0\x8f\xbf\xbf", 0},  // overlong
      Sample{"\xed\xa0\x80", 0},      // a surrogate
      Sample{"\xf4\x90\x80\x80", 0},  // beyond the last character
      Sample{"\xf5\x80\x80\x80", 0},
      Sample{"\xff", 0},
  };
  for (const Sample& sample : samples) {
    INFO(printable(sample.text));
    CHECK(utf8_length(sample.text) == sample.length);
  }
}

TEST_CASE("What could command a terminal is escaped byte by byte, and the rest is left") {
  CHECK(printable("plain text: it's 100 %") == "plain text: it's 100 %");
  CHECK(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d") == "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d");
  CHECK(printable("\x1b[2J\t\n\x7f") == "\\x1b[2J\\x09\\x0a\\x7f");
  CHECK(printable("a\xc2\x9b"
                  "2J\xc2\xa0") ==
        "a\\xc2\\x9b"
        "2J\xc2\xa0");  // C1, and the first after it
  CHECK(printable("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c") == "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xd8\\x9c");  // turn the text
  CHECK(printable("\xe2\x80\xa8\xe2\x80\xa9") == "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");  // line separators
  CHECK(printable("\xff\xc3(\xe2\x82") == "\\xff\\xc3(\\xe2\\x82");
}

TEST_CASE("JSON strings and documents are escaped so that they parse and are harmless") {
  CHECK(json_escaped("a\"b\\c/\n\t\r\b\f\x01") == R"(a\"b\\c/\n\t\r\b\f\u0001)");
  CHECK(json_escaped("\x1b\x7f\xc2\x9b\xe2\x80\xae") == R"(\u001b\u007f\u009b\u202e)");
  CHECK(json_escaped("caf\xc3\xa9\xff\xf0\x9f\x90\x9d") == "caf\xc3\xa9\\ufffd\xf0\x9f\x90\x9d");
  CHECK(printable_json("{\"a\":\"caf\xc3\xa9\"}\n") == "{\"a\":\"caf\xc3\xa9\"}\n");
  CHECK(printable_json("[\n  \"\x7f\xc2\x9b\xe2\x80\xae\"\n]\n") == "[\n  \"\\u007f\\u009b\\u202e\"\n]\n");
}

TEST_CASE("A text is searched for bytes at any place, whatever stands beside them") {
  for (unsigned value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const bool is_odd = (value != 0 && value < 0x20) || value > 0x7e;
    for (std::size_t size = 1; size < 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, at % 2 == 0 ? '~' : ' ');
        text[at] = c;
        INFO("byte " << value << " at " << at << " of " << size);
        CHECK(may_be_unprintable(text) == is_odd);
      }
    }
  }
  CHECK_FALSE(may_be_unprintable(""));
}

TEST_CASE("Eight bytes are tested at once, each for itself") {
  for (unsigned value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    for (const char beside : {'\0', ' ', '\x7f', '\x80', '\xff'}) {
      std::string text(8, beside);
      text[3] = c;
      const auto finds = [&](auto test) { return any_byte(text, test); };
      INFO("byte " << value << " beside " << static_cast<int>(beside));
      const bool beside_is_high = (static_cast<unsigned char>(beside) & 0x80U) != 0;
      CHECK(finds([](ByteLanes bytes) { return bytes.within('a', 'z') & ~bytes.high(); }) == (c >= 'a' && c <= 'z'));
      CHECK(finds([](ByteLanes bytes) { return bytes.equal('_') & ~bytes.high(); }) == (c == '_'));
      CHECK(finds([](ByteLanes bytes) { return bytes.lower().within('a', 'z') & ~bytes.high(); }) ==
            ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')));
      if (!beside_is_high) CHECK(finds([](ByteLanes bytes) { return bytes.high(); }) == (value > 0x7f));
    }
  }
}

TEST_CASE("Numbers of things are in the singular for one alone") {
  CHECK(counted(1, "module") == "1 module");
  CHECK(counted(0, "module") == "0 modules");
  CHECK(counted(2, "module") == "2 modules");
  CHECK(counted(1, "program fails", "programs fail") == "1 program fails");
  CHECK(counted(3, "program fails", "programs fail") == "3 programs fail");
}

}  // namespace btfx
