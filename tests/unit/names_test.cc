#include "btf/names.h"

#include <string>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::vector<std::uint32_t> found(const Btf& btf, std::string_view name) {
  std::vector<std::uint32_t> ids;
  for (const TypeId id : btf.names().find(name)) ids.push_back(raw(id));
  return ids;
}

using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("All types of one name are found, lowest id first") {
  BtfBuilder builder;
  builder.add_composite(Kind::struct_, "same", 4);
  builder.add_int("int", 4);
  builder.add(Kind::func_proto, {}, 0);
  builder.add(Kind::func, "same", 3);
  builder.add(Kind::typedef_, "same", 1);
  const BtfPtr btf = builder.build();
  CHECK(found(*btf, "same") == Ids{1, 4, 5});
  CHECK(found(*btf, "int") == Ids{2});
  CHECK(found(*btf, "sam").empty());
  CHECK(btf->names().find("none").empty());
  CHECK(raw(btf->names().find("same", Kind::func)) == 4);
  CHECK(btf->names().find("same", Kind::union_) == void_id);
}

TEST_CASE("Anonymous types are not in the index") {
  BtfBuilder builder;
  builder.add_ptr(void_id);
  const BtfPtr btf = builder.build();
  CHECK(found(*btf, "").empty());
}

TEST_CASE("A name that is stored twice, or as the end of another, is one name") {
  // "\0abc\0xabc\0": id 1 at offset 1, id 2 at the end of "xabc"
  const Bytes blob =
      test::blob_of({1, InfoWord(Kind::float_, 0, false).word, 4, 6, InfoWord(Kind::float_, 0, false).word, 8},
                    {"\0abc\0xabc\0", 10});
  CHECK(found(*Btf::parse(blob), "abc") == Ids{1, 2});
}

TEST_CASE("A split BTF's index holds its own types only") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  CHECK(found(*split, "int").empty());
  CHECK(found(*split, "split_type") == Ids{5});
  CHECK(found(*split->base(), "int") == Ids{1});
}

TEST_CASE("An index of many names finds each of them") {
  BtfBuilder builder;
  for (int i = 0; i < 3000; ++i) builder.add(Kind::float_, "f" + std::to_string(i % 1500), 4);
  const BtfPtr btf = builder.build();
  for (std::uint32_t i = 0; i < 1500; ++i) CHECK(found(*btf, "f" + std::to_string(i)) == Ids{i + 1, i + 1501});
}

TEST_CASE("Links lead from a type to those of its name in another BTF, once for a name and for ever") {
  BtfBuilder from, to;
  from.add_int("int", 4);
  from.add_composite(Kind::struct_, "same", 4);
  from.add_composite(Kind::struct_, "gone", 4);
  to.add_composite(Kind::union_, "same", 8);
  to.add(Kind::typedef_, "same", 1);
  to.add_int("int", 8);
  const BtfPtr one = from.build(), other = to.build();
  const NameLinks links(*one, *other);
  for (int round = 0; round < 2; ++round) {
    const auto ids = [&](std::uint32_t id) {
      Ids result;
      for (const TypeId found : links.find(TypeId{id})) result.push_back(raw(found));
      return result;
    };
    CHECK(ids(1) == Ids{3});
    CHECK(ids(2) == Ids{1, 2});
    CHECK(ids(3).empty());
  }
}

TEST_CASE("The index of a BTF without types is empty") {
  CHECK(found(*BtfBuilder().build(), "int").empty());
}

}  // namespace btfx
