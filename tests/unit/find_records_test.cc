#include "btf/find_records.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "btf/fields.h"
#include "catch.h"

namespace btfx {

namespace {

using Words = std::vector<std::uint32_t>;

struct Found {
  std::vector<std::uint32_t> starts;
  std::vector<Kind> kinds;
  std::size_t end = 0;
  FieldLimits limits;
};

Found find(const Words& words) {
  Found found;
  FoundRecords records{.starts = found.starts, .kinds = found.kinds};
  find_records(words, records);
  found.end = records.end;
  found.limits = records.limits;
  return found;
}

/// A record of a known kind whose words, but for kind and vlen, `next()` gives.
template <typename Next>
Words make_record(Kind kind, std::uint32_t vlen, const Next& next) {
  const InfoWord info(kind, vlen, true);
  Words words(static_cast<std::size_t>(record_words(info)));
  std::ranges::generate(words, next);
  words[1] = info.word;
  return words;
}

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

FieldLimits limits_of(const Words& words) {
  FieldLimits limits;
  for_each_record(std::span(words), [&](const std::uint32_t* record) {
    visit_type_ids(record, [&](std::uint32_t id) { limits.largest_id = std::max(limits.largest_id, id); });
    visit_names(record, [&](std::uint32_t name) { limits.largest_name = std::max(limits.largest_name, name); });
  });
  return limits;
}

}  // namespace

TEST_CASE("Limits are the largest of what is visited, whatever the kind and wherever it stands") {
  for (std::uint32_t number = 1; number < known_kinds; ++number) {
    const auto kind = static_cast<Kind>(number);
    for (std::uint32_t vlen = 0; vlen < 4; ++vlen) {
      std::uint32_t last = 0;
      const Words record = make_record(kind, vlen, [&] { return ++last; });
      for (std::size_t largest = 0; largest < record.size(); ++largest) {
        if (largest == 1) continue;  // kind and vlen
        Words words = record;
        words[largest] = 0xffffffff;
        INFO("kind " << number << ", vlen " << vlen << ", word " << largest);
        const Found found = find(words);
        CHECK(found.limits.largest_id == limits_of(words).largest_id);
        CHECK(found.limits.largest_name == limits_of(words).largest_name);
        CHECK(found.starts == Words{0});
        CHECK(found.kinds == std::vector{kind});
        CHECK(found.end == words.size());
      }
    }
  }
}

TEST_CASE("Records of all kinds are found where they begin, however many there are") {
  std::mt19937 random(7);
  for (const std::size_t count : {0U, 1U, 511U, 512U, 513U, 5000U}) {
    Words words, starts;
    std::vector<Kind> kinds;
    for (std::size_t i = 0; i < count; ++i) {
      const auto kind = static_cast<Kind>(1 + random() % (known_kinds - 1));
      starts.push_back(static_cast<std::uint32_t>(words.size()));
      kinds.push_back(kind);
      append(words, make_record(kind, static_cast<std::uint32_t>(random() % 5),
                                [&] { return static_cast<std::uint32_t>(random() % 100000); }));
    }
    const Found found = find(words);
    CHECK(found.starts == starts);
    CHECK(found.kinds == kinds);
    CHECK(found.end == words.size());
    CHECK(found.limits.largest_id == limits_of(words).largest_id);
    CHECK(found.limits.largest_name == limits_of(words).largest_name);
  }
}

TEST_CASE("Finding stops at what is no record of a known kind, and goes on behind it") {
  const Words pointer{5, InfoWord(Kind::ptr, 0, false).word, 7};
  const Words unknown{9, InfoWord(Kind{77}, 1, false).word, 1000, 1001};
  const Words void_record{9, InfoWord(Kind::unkn, 0, false).word, 0};
  Words words = pointer;
  append(words, unknown);
  append(words, pointer);
  Found found;
  FoundRecords records{.starts = found.starts, .kinds = found.kinds};
  find_records(words, records);
  CHECK(records.end == 3);
  find_records(words, records);
  CHECK(records.end == 3);
  records.add_unknown(words, unknown.size());
  CHECK(records.end == 7);
  find_records(words, records);
  CHECK(records.end == words.size());
  CHECK(found.starts == Words{0, 3, 7});
  CHECK(found.kinds == std::vector{Kind::ptr, Kind{77}, Kind::ptr});
  CHECK(records.limits.largest_name == 9);
  CHECK(records.limits.largest_id == 7);

  words = pointer;
  append(words, void_record);
  CHECK(find(words).end == 3);
}

TEST_CASE("A record that goes past the end is not found, nor is the rest of one") {
  for (std::uint32_t number = 1; number < known_kinds; ++number) {
    const Words pointer{5, InfoWord(Kind::ptr, 0, false).word, 7};
    const Words record = make_record(static_cast<Kind>(number), 3, [] { return 1U; });
    for (std::size_t length = 0; length < record.size(); ++length) {
      Words words = pointer;
      words.insert(words.end(), record.begin(), record.begin() + static_cast<std::ptrdiff_t>(length));
      INFO("kind " << number << ", " << length << " words");
      const Found found = find(words);
      CHECK(found.end == 3);
      CHECK(found.starts == Words{0});
      CHECK(found.limits.largest_id == 7);
    }
  }
  const Words longest{0, InfoWord(Kind::struct_, InfoWord::max_vlen, false).word, 0};
  CHECK(find(longest).end == 0);
}

}  // namespace btfx
