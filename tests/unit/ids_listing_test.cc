#include "transform/ids/ids_listing.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"
#include "support/ids_object.h"

namespace btfx {
namespace {

using test::IdsObject;
using test::sample_ids_object;

/// `group offset: status id<-symbol=type ...`, one line for each group.
std::vector<std::string> lines_of(const IdsObject& object, const Btf& btf) {
  const BtfIds ids = object.ids();
  std::vector<std::string> lines;
  for (const IdGroup& group : list_ids(ids, btf)) {
    std::string text = fmt::format("{} {} {}:",
                                   group.set == nullptr ? "list"
                                   : group.set->pairs   ? "set8"
                                                        : "set",
                                   group.name, group.word);
    for (const ListedId& line : group.ids) {
      text += fmt::format(" {}:{}/{}/{}/{}", line.word, line.id, to_string(line.status),
                          line.entry == nullptr ? "-" : line.entry->name, raw(line.type));
      if (group.set != nullptr && group.set->pairs) text += fmt::format("/{}", line.flags);
    }
    lines.push_back(text);
  }
  return lines;
}

TEST_CASE("ids listing: before resolving, symbols tell the places and what would come there") {
  const BtfPtr btf = test::ids_types().build();
  IdsObject object = sample_ids_object();
  object.symbols[1].name = "struct__none__1";
  CHECK(lines_of(object, *btf) ==
        std::vector<std::string>{
            "list pair 0: 0:0/missing/none/0 1:0/unresolved/t/8",
            "set both 2: 3:0/unresolved/u/7 4:0/unresolved/s/6",
            "set8 kfuncs 5: 7:0/unresolved/fa/5/9 9:0/unresolved/fb/4/8 11:0/unresolved/fc/3/7",
        });
}

TEST_CASE("ids listing: in a resolved set types tell the symbols") {
  const BtfPtr btf = test::ids_types().build();
  IdsObject object = sample_ids_object();
  object.words = {6, 8, 2, 6, 7, 3, 1, 3, 7, 4, 8, 5, 9};
  CHECK(lines_of(object, *btf) == std::vector<std::string>{
                                      "list pair 0: 0:6/ok/s/6 1:8/ok/t/8",
                                      "set both 2: 3:6/ok/s/6 4:7/ok/u/7",
                                      "set8 kfuncs 5: 7:3/ok/fc/3/7 9:4/ok/fb/4/8 11:5/ok/fa/5/9",
                                  });
}

TEST_CASE("ids listing: what is stale, outside, missing or unused") {
  const BtfPtr btf = test::ids_types().build();
  IdsObject object = sample_ids_object();
  object.words = {7, 900, 2, 0, 5, 3, 1, 0, 7, 2, 8, 901, 9};
  CHECK(lines_of(object, *btf) == std::vector<std::string>{
                                      "list pair 0: 0:7/stale/s/7 1:900/outside/t/0",
                                      "set both 2: 3:0/unresolved/u/7 4:5/stale/-/5",
                                      "set8 kfuncs 5: 7:0/unresolved/fa/5/7 9:2/stale/-/2/8 11:901/outside/-/0/9",
                                  });
  // Zeros are sorted to the front, and belong to those that have no type.
  object.symbols[7].name = "func__gone__5";
  object.words = {6, 8, 0, 0, 0, 3, 1, 0, 9, 3, 7, 4, 8};
  object.symbols.erase(object.symbols.begin() + 4);
  object.symbols[3].name = "set__both";
  CHECK(lines_of(object, *btf) == std::vector<std::string>{
                                      "list pair 0: 0:6/ok/s/6 1:8/ok/t/8",
                                      "set both 2: 3:0/unused/-/0 4:0/unresolved/s/6",
                                      "set8 kfuncs 5: 7:0/missing/gone/0/9 9:3/ok/fc/3/7 11:4/ok/fb/4/8",
                                  });
}

TEST_CASE("ids listing: lists end where another begins, and where a set stands between them") {
  const BtfPtr btf = test::ids_types().build();
  const IdsObject object{.words = {0, 0, 0, 0, 0},
                         .symbols = {{"=one", 0},
                                     {"struct__s__1", 0},
                                     {"=two", 4},
                                     {"struct__s__2", 4},
                                     {"set__empty", 8, 4},
                                     {"union__u__3", 12},
                                     {"typedef__t__4", 16}}};
  CHECK(lines_of(object, *btf) == std::vector<std::string>{
                                      "list one 0: 0:0/unresolved/s/6",
                                      "list two 1: 1:0/unresolved/s/6",
                                      "set empty 2:",
                                      "list two 3: 3:0/unresolved/u/7 4:0/unresolved/t/8",
                                  });
}

TEST_CASE("ids listing: several symbols of one name") {
  const BtfPtr btf = test::ids_types().build();
  const IdsObject object{
      .words = {3, 6, 6, 7},
      .symbols = {{"set__all", 0, 16}, {"union__u__1", 4}, {"struct__s__2", 8}, {"struct__s__3", 12}}};
  const BtfIds ids = object.ids();
  const std::vector<IdGroup> groups = list_ids(ids, *btf);
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].ids[0].entry->unique == "2");
  CHECK(groups[0].ids[1].entry->unique == "3");
  CHECK(groups[0].ids[2].entry->unique == "1");
}

}  // namespace
}  // namespace btfx
