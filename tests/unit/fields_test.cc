#include "btf/fields.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "catch.h"

namespace btfx {

namespace {

std::vector<std::uint32_t> ids_of(std::vector<std::uint32_t> record) {
  std::vector<std::uint32_t> ids;
  visit_type_ids(record.data(), [&](std::uint32_t& id) { ids.push_back(id); });
  return ids;
}

std::vector<std::uint32_t> names_of(std::vector<std::uint32_t> record) {
  std::vector<std::uint32_t> names;
  visit_names(record.data(), [&](std::uint32_t& name) { names.push_back(name); });
  return names;
}

std::vector<std::uint32_t> record(Kind kind, std::uint32_t vlen, std::vector<std::uint32_t> payload) {
  std::vector<std::uint32_t> words{100, InfoWord(kind, vlen, false).word, 200};
  words.insert(words.end(), payload.begin(), payload.end());
  return words;
}

using Words = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("Every id of a record is visited once, header first, then element by element") {
  for (const Kind kind : {Kind::ptr, Kind::typedef_, Kind::volatile_, Kind::const_, Kind::restrict_, Kind::type_tag}) {
    CHECK(ids_of(record(kind, 0, {})) == Words{200});
  }
  for (const Kind kind : {Kind::float_, Kind::fwd}) CHECK(ids_of(record(kind, 0, {})).empty());
  CHECK(ids_of(record(Kind::func, 1, {})) == Words{200});
  CHECK(ids_of(record(Kind::int_, 0, {1})).empty());
  CHECK(ids_of(record(Kind::var, 0, {1})) == Words{200});
  CHECK(ids_of(record(Kind::decl_tag, 0, {1})) == Words{200});
  CHECK(ids_of(record(Kind::array, 0, {1, 2, 3})) == Words{1, 2});
  CHECK(ids_of(record(Kind::struct_, 2, {1, 2, 3, 4, 5, 6})) == Words{2, 5});
  CHECK(ids_of(record(Kind::union_, 1, {1, 2, 3})) == Words{2});
  CHECK(ids_of(record(Kind::enum_, 1, {1, 2})).empty());
  CHECK(ids_of(record(Kind::enum64, 1, {1, 2, 3})).empty());
  CHECK(ids_of(record(Kind::func_proto, 2, {1, 2, 3, 4})) == Words{200, 2, 4});
  CHECK(ids_of(record(Kind::datasec, 2, {1, 2, 3, 4, 5, 6})) == Words{1, 4});
  CHECK(ids_of(record(Kind{77}, 2, {1, 2, 3, 4, 5, 6})).empty());
}

TEST_CASE("Every name of a record is visited once, its own first") {
  for (const Kind kind : {Kind::ptr, Kind::float_, Kind::fwd, Kind::type_tag}) {
    CHECK(names_of(record(kind, 0, {})) == Words{100});
  }
  CHECK(names_of(record(Kind::func, 1, {})) == Words{100});
  CHECK(names_of(record(Kind::array, 0, {1, 2, 3})) == Words{100});
  CHECK(names_of(record(Kind::struct_, 2, {1, 2, 3, 4, 5, 6})) == Words{100, 1, 4});
  CHECK(names_of(record(Kind::enum_, 2, {1, 2, 3, 4})) == Words{100, 1, 3});
  CHECK(names_of(record(Kind::enum64, 2, {1, 2, 3, 4, 5, 6})) == Words{100, 1, 4});
  CHECK(names_of(record(Kind::func_proto, 2, {1, 2, 3, 4})) == Words{100, 1, 3});
  CHECK(names_of(record(Kind::datasec, 1, {1, 2, 3})) == Words{100});
  CHECK(names_of(record(Kind{77}, 1, {1, 2, 3})) == Words{100});
}

TEST_CASE("A visitor may rewrite what it visits") {
  std::vector<std::uint32_t> words = record(Kind::struct_, 2, {1, 2, 3, 4, 5, 6});
  visit_type_ids(words.data(), [](std::uint32_t& id) { id += 1000; });
  visit_names(words.data(), [](std::uint32_t& name) { name += 50; });
  CHECK(words == Words{150, InfoWord(Kind::struct_, 2, false).word, 200, 51, 1002, 3, 54, 1005, 6});
}

TEST_CASE("Records that stand one behind the other are walked in their order") {
  Words words = record(Kind::int_, 0, {1});
  for (const Words& more : {record(Kind::struct_, 2, {51, 2, 3, 54, 5, 6}), record(Kind::fwd, 0, {})}) {
    words.insert(words.end(), more.begin(), more.end());
  }
  std::vector<std::ptrdiff_t> places;
  for_each_record(std::span<const std::uint32_t>(words),
                  [&](const std::uint32_t* at) { places.push_back(at - words.data()); });
  CHECK(places == std::vector<std::ptrdiff_t>{0, 4, 13});
  for_each_record(std::span(words), [](std::uint32_t* at) { at[0] = 7; });
  CHECK((words[0] == 7 && words[4] == 7 && words[13] == 7));
  for_each_record(std::span<std::uint32_t>(), [](std::uint32_t*) { FAIL(); });
}

TEST_CASE("Only the third word of a forward declaration is cleared") {
  Words forward = record(Kind::fwd, 0, {}), pointer = record(Kind::ptr, 0, {});
  clear_forward_word(forward.data());
  clear_forward_word(pointer.data());
  CHECK(forward == Words{100, InfoWord(Kind::fwd, 0, false).word, 0});
  CHECK(pointer == record(Kind::ptr, 0, {}));
}

}  // namespace btfx
