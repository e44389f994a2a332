#include "btf/name_hash.h"

#include <array>
#include <set>
#include <string>
#include <vector>

#include "catch.h"

namespace btfx {

namespace {

/// Letters that repeat after more than any block of bytes that hashing looks at.
std::string letters(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('0' + i % 61));
  return text;
}

constexpr std::size_t longest = 70;

TEST_CASE("The hash depends on every byte and on the length") {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size <= longest; ++size) {
    const std::string text = letters(size);
    CHECK(seen.insert(hash_text(text)).second);
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = '!';
      CHECK(seen.insert(hash_text(changed)).second);
    }
  }
}

TEST_CASE("No two short texts have one hash, whatever the letters are") {
  // Letters that would cancel what a size leaves, were it mixed in.
  constexpr std::array letters{'a', '\x01', '\x02'};
  std::vector<std::string> texts{""};
  std::set<std::uint64_t> seen;
  for (std::size_t begin = 0; texts.size() < 3000;) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const char letter : letters) texts.push_back(texts[begin] + letter);
    }
  }
  for (const std::string& text : texts) {
    for (const std::size_t before : {0U, 5U, 8U, 13U, 16U, 24U}) {
      if (before + text.size() != 0) seen.insert(hash_text(std::string(before, 'b') + text));
    }
  }
  CHECK(seen.size() == 6 * texts.size() - 1);
}

TEST_CASE("A name in a string section has the hash of its text") {
  for (std::size_t size = 0; size <= longest; ++size) {
    const std::string text = letters(size);
    // How much stands behind it decides how it may be read.
    for (std::size_t behind = 0; behind <= 40; ++behind) {
      const std::string section = text + '\0' + std::string(behind, 'x');
      const HashedName name = hashed_name(section);
      CHECK(name.text == text);
      CHECK(name.text.data() == section.data());
      CHECK(name.hash == hash_name(text));
    }
    const HashedName unterminated = hashed_name(text);
    CHECK(unterminated.text == text);
    CHECK(unterminated.hash == hash_name(text));
  }
}

TEST_CASE("A name ends at its first NUL byte") {
  const std::string section = letters(20) + '\0' + letters(20) + '\0' + '\0' + letters(40);
  CHECK(hashed_name(section).text == letters(20));
  CHECK(hashed_name(std::string_view(section).substr(21)).text == letters(20));
  CHECK(hashed_name(std::string_view(section).substr(42)).text.empty());
  CHECK(hashed_name({}).text.empty());
}

}  // namespace

}  // namespace btfx
