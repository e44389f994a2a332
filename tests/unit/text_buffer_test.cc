#include "emit/dump/text_buffer.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "catch.h"

namespace btfx {

namespace {

template <typename Number>
std::string number_text(Number number) {
  TextBuffer buffer(4096);
  TextCursor out(buffer);
  out.begin_line();
  out.put_number(number);
  out.finish();
  return std::string(buffer.text());
}

}  // namespace

TEST_CASE("Numbers of any length are written in decimal") {
  for (std::uint64_t power = 1, digits = 1; digits <= 20; ++digits, power *= 10) {
    CHECK(number_text(power) == std::to_string(power));
    CHECK(number_text(power - 1) == std::to_string(power - 1));
    CHECK(number_text(power + power / 7) == std::to_string(power + power / 7));
    CHECK(number_text(-static_cast<std::int64_t>(power / 10)) ==
          std::to_string(-static_cast<std::int64_t>(power / 10)));
  }
  for (std::uint32_t i = 0; i < 20000; ++i) {
    if (number_text(i) != std::to_string(i)) FAIL(i);
  }
  CHECK(number_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(number_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("Names of any length are put whole, wherever the strings around them end") {
  for (std::size_t length = 0; length < 100; ++length) {
    const std::string name = std::string(length / 2, 'a') + std::string(length - length / 2, 'b');
    const std::string strings = name + '\0' + "behind";
    for (const std::size_t readable : {std::size_t{0}, std::size_t{15}, name.size() + 1, strings.size()}) {
      TextBuffer buffer(4096);
      TextCursor out(buffer);
      out.begin_line();
      out.put_name({strings.c_str(), std::min(readable, strings.size())});
      out.put('.');
      out.finish();
      CHECK(buffer.text() == name + '.');
    }
  }
}

TEST_CASE("A name is put where the buffer has just room for it") {
  const std::string name(100, 'n');
  for (std::size_t limit = TextCursor::line_room; limit < TextCursor::line_room + 130; ++limit) {
    TextBuffer buffer(limit);
    TextCursor out(buffer);
    bool is_full = false;
    try {
      out.begin_line();
      out.put_name({name.c_str(), name.size() + 1});
      out.finish();
    } catch (const TextBuffer::Full&) {
      is_full = true;
    }
    CHECK(is_full == (limit < TextCursor::line_room + name.size()));
    if (!is_full) CHECK(buffer.text() == name);
  }
}

}  // namespace btfx
