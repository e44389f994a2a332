#include "transform/merge/candidates.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "catch.h"

namespace btfx {

namespace {

std::vector<std::uint32_t> list(const CandidateTable& table, std::uint32_t hash) {
  std::vector<std::uint32_t> ids;
  static_cast<void>(table.find(hash, [&](std::uint32_t id) {
    ids.push_back(id);
    return false;
  }));
  return ids;
}

}  // namespace

TEST_CASE("The order of candidates is that of libbpf's table: newest first, all reversed at each growth") {
  // The table as libbpf has it, taken literally.
  std::map<std::uint32_t, std::deque<std::uint32_t>> literal;
  std::size_t entries = 0, capacity = 0;
  CandidateTable table(1);
  table = CandidateTable(3000);
  for (std::uint32_t id = 1; id < 3000; ++id) {
    const std::uint32_t hash = id * id % 97;
    if (capacity == 0 || (entries + 1) * 4 / 3 > capacity) {
      capacity = capacity == 0 ? 4 : capacity * 2;
      for (auto& [key, ids] : literal) std::reverse(ids.begin(), ids.end());
    }
    literal[hash].push_front(id);
    ++entries;
    table.insert(hash, id);
    if (id % 41 != 0) continue;
    for (const auto& [key, ids] : literal) {
      REQUIRE(list(table, key) == std::vector<std::uint32_t>(ids.begin(), ids.end()));
    }
  }
  for (const auto& [key, ids] : literal) {
    for (std::size_t i = 1; i < ids.size(); ++i) {
      CHECK(table.before(ids[i - 1], ids[i]));
      CHECK_FALSE(table.before(ids[i], ids[i - 1]));
    }
  }
}

TEST_CASE("A table too small at first grows without changing its lists") {
  CandidateTable table(16);
  table = CandidateTable(100);
  for (std::uint32_t id = 1; id < 100; ++id) table.insert(id * 0x9e3779b9, id);
  for (std::uint32_t id = 1; id < 100; ++id) CHECK(list(table, id * 0x9e3779b9) == std::vector<std::uint32_t>{id});
  CHECK(list(table, 12345).empty());
}

TEST_CASE("A table that continues another has the lists of one table for all") {
  for (const std::uint32_t first : {1U, 2U, 700U, 1537U, 1800U}) {
    CandidateTable whole(2000), below(first), above;
    const auto hash = [](std::uint32_t id) { return id * id % 61; };
    for (std::uint32_t id = 1; id < first; ++id) {
      whole.insert(hash(id), id);
      below.insert(hash(id), id);
    }
    for (int round = 0; round < 3; ++round) {  // again, with the memory of the first time; then as a copy
      above.reset(&below, first, 2000, round == 2 ? 2000 : 0);
      for (std::uint32_t id = first; id < 2000; ++id) {
        if (round == 0) whole.insert(hash(id), id);
        above.insert(hash(id), id);
      }
      CHECK(above.front_end() == whole.front_end());
      for (std::uint32_t h = 0; h < 62; ++h) CHECK(list(above, h) == list(whole, h));
      for (std::uint32_t id = 1; id + 1 < 2000; ++id) {
        CHECK(above.end_of(id) == whole.end_of(id));
        CHECK(above.before(id, id + 1) == whole.before(id, id + 1));
      }
    }
  }
}

}  // namespace btfx
