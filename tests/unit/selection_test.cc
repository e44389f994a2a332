#include "emit/dump/selection.h"

#include <string>
#include <vector>

#include "base/glob.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::vector<std::uint32_t> ids_of(const TypeSelection& selection) {
  std::vector<std::uint32_t> ids;
  for (std::size_t i = 0; i < selection.size(); ++i) ids.push_back(raw(selection[i]));
  return ids;
}

using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("All own types are selected without the base's and without void") {
  const BtfPtr base = test::small_base().build();
  CHECK(ids_of(TypeSelection::own(*base)) == Ids{1, 2, 3, 4});
  CHECK(ids_of(TypeSelection::own(*test::small_split(base).build())) == Ids{5, 6, 7, 8});
}

TEST_CASE("An id that the BTF does not have cannot be listed") {
  const BtfPtr base = test::small_base().build();
  CHECK(ids_of(TypeSelection::listed(*base, {TypeId{4}, void_id})) == Ids{4, 0});
  const auto caught = test::error_of([&] { TypeSelection::listed(*base, {TypeId{1}, TypeId{5}}); });
  CHECK(caught.sentence == "invalid root ID: 5");
  CHECK(caught.code == ErrorCode::usage);
}

TEST_CASE("Types are selected by shell globs on their names, and by kind") {
  const BtfPtr btf = test::all_kinds().build();
  CHECK(ids_of(TypeSelection::matching(*btf, {{"point"}, {}})) == Ids{8});
  CHECK(ids_of(TypeSelection::matching(*btf, {{"point*"}, {}})) == Ids{8, 16});
  CHECK(ids_of(TypeSelection::matching(*btf, {{"[wh]?[dg]e"}, {}})) == Ids{29, 30});
  CHECK(ids_of(TypeSelection::matching(*btf, {{"point*"}, {Kind::typedef_}})) == Ids{16});
  CHECK(ids_of(TypeSelection::matching(*btf, {{}, {Kind::ptr, Kind::float_}})) == Ids{5, 6, 10, 24, 28});
  CHECK(ids_of(TypeSelection::matching(*btf, {{"int", "any"}, {}})) == Ids{1, 11});
  CHECK(ids_of(TypeSelection::matching(*btf, {{"nothing"}, {}})).empty());
  CHECK(TypeSelection::matching(*btf, {}).size() == 30);
}

TEST_CASE("A set of globs answers as each of them does, however they begin") {
  const std::vector<std::string> names{"", "p", "point", "pointer", "po", "q", "q?", "\xff", "\xffname", "[x]"};
  const std::vector<std::string> globs{"",      "p",    "p*",    "po*", "point", "?oint", "*",
                                       "[pq]*", "q\\?", "\xff*", "p?",  "*r",    "\\[x]"};
  for (const std::string& glob : globs) {
    for (const std::string& name : names) {
      CAPTURE(glob, name);
      const std::vector<std::string> both{"pointless", glob};
      CHECK(GlobSet(both).matches(name.c_str()) == matches_any_glob(both, name.c_str()));
    }
  }
  CHECK_FALSE(GlobSet({}).matches("point"));
}

TEST_CASE("An anonymous type has no name that a glob could match") {
  const BtfPtr btf = test::all_kinds().build();
  CHECK(ids_of(TypeSelection::matching(*btf, {{"*"}, {Kind::ptr, Kind::fwd}})) == Ids{14, 15});
}

TEST_CASE("Only own types are selected by name") {
  const BtfPtr split = test::small_split(test::small_base().build()).build();
  CHECK(ids_of(TypeSelection::matching(*split, {{"*_type"}, {}})) == Ids{5});
}

}  // namespace btfx
