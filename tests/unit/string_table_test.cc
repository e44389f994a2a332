#include "btf/string_table.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/growing_array.h"
#include "catch.h"

namespace btfx {

TEST_CASE("A root's strings begin with the empty one, and each text is stored once") {
  StringTable strings;
  CHECK(strings.bytes() == std::string(1, '\0'));
  CHECK(raw(strings.add("")) == 0);
  CHECK(raw(strings.add("foobar")) == 1);
  CHECK(raw(strings.add("bar")) == 8);  // no suffix sharing
  CHECK(raw(strings.add("foobar")) == 1);
  CHECK(strings.bytes() == std::string("\0foobar\0bar\0", 12));
  CHECK(strings.end() == 12);
}

TEST_CASE("Strings that continue a base begin empty and count from its end") {
  StringTable strings(100);
  CHECK(strings.bytes().empty());
  CHECK(raw(strings.add("")) == 0);
  CHECK(raw(strings.add("a")) == 100);
  CHECK(raw(strings.add("b")) == 102);
  CHECK(strings.end() == 104);
  CHECK(strings.start() == 100);
}

TEST_CASE("A text is found, or is not, without being added") {
  StringTable strings;
  strings.add("here");
  CHECK(raw(strings.find("here")) == 1);
  CHECK(raw(strings.find("her")) == 0);
  CHECK(raw(strings.find("")) == 0);
  CHECK(strings.bytes().size() == 6);
}

TEST_CASE("Offsets stay while the table grows") {
  StringTable strings;
  std::vector<StringOffset> offsets;
  offsets.reserve(5000);
  for (int i = 0; i < 5000; ++i) offsets.push_back(strings.add("name_" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "name_" + std::to_string(i);
    const StringOffset offset = offsets[static_cast<std::size_t>(i)];
    CHECK(strings.find(name) == offset);
    CHECK(strings.bytes().data() + raw(offset) == name);
  }
}

TEST_CASE("Texts of every length are told apart") {
  StringTable strings;
  std::string text;
  std::uint32_t expected = 1;
  for (int length = 1; length < 40; ++length) {
    text += 'x';
    CHECK(raw(strings.add(text)) == expected);
    expected += static_cast<std::uint32_t>(length) + 1;
  }
}

TEST_CASE("An array keeps its values while it grows past what is moved by pages, and when it gives memory back") {
  constexpr std::uint32_t many = 5'000'000;  // 20 MB
  GrowingArray<std::uint32_t> array;
  for (std::uint32_t i = 0; i < many; ++i) array.push_back(i * 7);
  std::vector<std::uint32_t> expected(many);
  for (std::uint32_t i = 0; i < many; ++i) expected[i] = i * 7;
  CHECK(std::ranges::equal(array, expected));

  array.shrink(1000);
  array.fit();
  expected.resize(1000);
  CHECK(std::ranges::equal(array, expected));
  array.fit();  // there is nothing to give back
  array.append(std::vector<std::uint32_t>{1, 2, 3});
  expected.insert(expected.end(), {1, 2, 3});
  CHECK(std::ranges::equal(array, expected));

  array.clear();
  array.fit();  // an array without values keeps its memory
  CHECK(array.empty());
  array.push_back(5);
  CHECK(std::ranges::equal(array, std::vector<std::uint32_t>{5}));
}

}  // namespace btfx
