#include "transform/merge/type_pool.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"

namespace btfx {
namespace {

using test::error_of;
using test::raw_text;

BtfPtr appended(const BtfPtr& base, std::initializer_list<BtfPtr> inputs) {
  TypePool pool(base);
  Diagnostics diagnostics;
  for (const BtfPtr& input : inputs) pool.append(pool.prepare(input), diagnostics);
  CHECK(diagnostics.empty());
  return Btf::parse(pool.own_btf(), base);
}

}  // namespace

TEST_CASE("Appending to nothing moves every id and name of every kind") {
  const BtfPtr all = test::all_kinds().build();
  const BtfPtr twice = appended(nullptr, {all, all});
  REQUIRE(twice->own_types() == 60);
  // Equal texts are stored once.
  CHECK(twice->string_end() <= all->string_end());
  BtfBuilder second;
  for (TypeId id{31}; id != twice->end_id(); ++id) second.copy(twice->type(id));
  for (TypeId id{1}; id != second.end_id(); ++id) {
    visit_type_ids(second.record(id).data(), [](std::uint32_t& target) { target -= target == 0 ? 0 : 30; });
  }
  CHECK(raw_text(*second.build()) == raw_text(*all));
}

TEST_CASE("Appended split BTFs share their base's ids and names") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder a(base), b(base);
  a.add_composite(Kind::struct_, "mine", 4);
  a.add_member("x", TypeId{1}, 0);
  b.add_ptr(TypeId{5});
  b.add(Kind::typedef_, "base_type", 6);
  b.add(Kind::const_, {}, 2);
  const BtfPtr both = appended(base, {a.build(), b.build()});
  CHECK(raw_text(*both) ==
        "[5] STRUCT 'mine' size=4 vlen=1\n\t'x' type_id=1 bits_offset=0\n"
        "[6] PTR '(anon)' type_id=6\n"
        "[7] TYPEDEF 'base_type' type_id=7\n"
        "[8] CONST '(anon)' type_id=2\n");
  CHECK(both->own_strings() == std::string_view("mine\0x\0", 7));  // `base_type` is the base's
}

TEST_CASE("A root appended to a base becomes part of it, and its texts are the base's where those exist") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder root;
  root.add_int("int", 4, 1);
  root.add(Kind::typedef_, "mine", 1);
  const BtfPtr both = appended(base, {root.build()});
  CHECK(raw_text(*both) ==
        "[5] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n[6] TYPEDEF 'mine' type_id=5\n");
  CHECK(both->own_strings() == std::string_view("mine\0", 5));
}

TEST_CASE("An input without types adds nothing") {
  const BtfPtr base = test::small_base().build();
  TypePool pool(base);
  Diagnostics diagnostics;
  CHECK(pool.append(pool.prepare(BtfBuilder(base).build()), diagnostics) == base->end_id());
  CHECK(pool.own_types() == 0);
  CHECK(test::text_of(pool.own_btf()) == test::text_of(BtfBuilder(base).finish()));
}

TEST_CASE("Base and own records together are the base's bytes and then the others") {
  const BtfPtr base = test::small_base().build();
  TypePool pool(base);
  Diagnostics diagnostics;
  pool.append(pool.prepare(test::small_split(base).build()), diagnostics);
  const BtfPtr flat = Btf::parse(pool.flat_btf());
  const BtfPtr split = Btf::parse(pool.own_btf(), base);
  CHECK(raw_text(*flat) == raw_text(*base) + raw_text(*split));
  CHECK(flat->own_strings() == std::string(base->own_strings()) + std::string(split->own_strings()));
  const BtfPtr big = Btf::parse(pool.flat_btf(ByteOrder::big));
  CHECK(big->byte_order() == ByteOrder::big);
  CHECK(raw_text(*big) == raw_text(*flat));
}

TEST_CASE("What compilers leave in forward declarations moves when it is an id, and is dropped when it is not") {
  BtfBuilder unit;
  unit.add_int("int", 4, 1);
  unit.add(Kind::fwd, "kept", 1);
  unit.add(Kind::fwd, "stray", 77);
  TypePool pool;
  Diagnostics diagnostics;
  const BtfPtr btf = unit.build();
  pool.append(pool.prepare(btf), diagnostics);
  pool.append(pool.prepare(btf), diagnostics);
  CHECK(pool.record(TypeId{2})[2] == 1);
  CHECK(pool.record(TypeId{5})[2] == 4);
  CHECK(pool.record(TypeId{6})[2] == 0);
  REQUIRE(diagnostics.size() == 2);
  CHECK(diagnostics[0].code.word() == "forward-declaration-word");
  CHECK(diagnostics[0].text ==
        "forward declaration 'stray' has the value 77 where nothing belongs, and no type has that id: read as 0");
  CHECK(diagnostics[0].place.type_id == 3U);
}

TEST_CASE("A split BTF on another base, and a split base, are refused") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr other = test::small_base().build();
  const BtfPtr split = test::small_split(other).build();
  const TypePool pool(base);
  CHECK(error_of([&] { static_cast<void>(pool.prepare(split)); }).sentence ==
        "is split BTF on another base than the one merged onto");
  CHECK(error_of([&] { const TypePool on_split(split); }).sentence == "the base is itself split BTF");
}

TEST_CASE("A base that is made own keeps its ids, and its texts become unique") {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);
  builder.add(Kind::typedef_, "twice", 1);
  builder.add(Kind::typedef_, "other", 1);
  // `other` renamed in place: the base now holds the text `twice` at two offsets.
  std::string blob = test::text_of(builder.finish());
  blob.replace(blob.find("other"), 5, "twice");
  const BtfPtr base = Btf::parse(Bytes::copy_of(blob));
  TypePool pool(base);
  Diagnostics diagnostics;
  pool.append(pool.prepare(test::small_split(base).build()), diagnostics);
  pool.own_base();
  CHECK(pool.base() == nullptr);
  CHECK(pool.first_own() == TypeId{1});
  CHECK(pool.record(TypeId{2})[0] == pool.record(TypeId{3})[0]);
  CHECK(pool.string(StringOffset{pool.record(TypeId{3})[0]}) == "twice");
  pool.renew_strings();
  const BtfPtr root = Btf::parse(pool.own_btf());
  CHECK(raw_text(*root).starts_with(raw_text(*base)));
  CHECK(root->own_strings().starts_with(std::string_view("\0int\0twice\0split_type", 21)));
}

TEST_CASE("When the base is made own, a name that begins inside one of its strings becomes a string of its own") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder split(base);
  split.add(Kind::typedef_, "x", 1);
  split.add(Kind::typedef_, "type", 1);
  split.record(TypeId{5})[0] = raw(base->type(TypeId{2}).name_offset()) + 5;  // the end of `base_type`
  TypePool pool(base);
  Diagnostics diagnostics;
  pool.append(pool.prepare(split.build()), diagnostics);
  CHECK(pool.record(TypeId{5})[0] != pool.record(TypeId{6})[0]);
  pool.own_base();
  CHECK(pool.record(TypeId{5})[0] == pool.record(TypeId{6})[0]);
  CHECK(pool.string(StringOffset{pool.record(TypeId{5})[0]}) == "type");
}

TEST_CASE("What is kept closes up in its order, on one thread as on several") {
  constexpr std::uint32_t types = 120000;  // several pieces for threads
  BtfBuilder many;
  for (std::uint32_t i = 1; i <= types; ++i) {
    if (i % 3 == 0) {
      many.add_composite(Kind::struct_, "s", i);
      many.add_member("m", TypeId{i}, 0);
    } else {
      many.add_ptr(TypeId{types + 1 - i});
    }
  }
  const BtfPtr btf = many.build();
  const std::uint32_t every = GENERATE(1U, 2U, 9U, 200000U);  // nothing is dropped, and all but the last
  const unsigned jobs = GENERATE(1U, 4U);
  TypePool pool;
  Diagnostics diagnostics;
  pool.append(pool.prepare(btf), diagnostics);
  std::vector<TypeId> kept;
  for (std::uint32_t i = 1; i <= types; ++i) {
    if (i % every == 0 || i == types) kept.push_back(TypeId{i});
  }
  pool.keep_only(kept, jobs, [](std::uint32_t& id) { id += 7; });
  REQUIRE(pool.own_types() == kept.size());
  bool are_equal = true;
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    const std::uint32_t* record = std::as_const(pool).record(TypeId{i + 1});
    const std::uint32_t was = raw(kept[i]);
    const bool is_struct = InfoWord(record[1]).kind() == Kind::struct_;
    are_equal = are_equal && is_struct == (was % 3 == 0) && record[2] == (is_struct ? was : types + 8 - was) &&
                (!is_struct || record[header_words + 1] == was + 7);
  }
  CHECK(are_equal);
}

}  // namespace btfx
