#include "transform/relocate/distill.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "btf/fields.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"

namespace btfx {
namespace {

using test::error_of;

/// Words in hex as they are stored in a little-endian file, strings in quotes with NUL written as `.`.
Bytes stored(std::string_view hex, std::string_view strings) {
  std::vector<std::byte> bytes;
  unsigned nibbles = 0, value = 0;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (++nibbles % 2 == 0) bytes.push_back(static_cast<std::byte>(value & 0xff));
  }
  for (const char c : strings) bytes.push_back(static_cast<std::byte>(c == '.' ? '\0' : c));
  return Bytes(std::move(bytes));
}

BtfPtr example_base(ByteOrder order, std::uint32_t header_length) {
  BtfBuilder base;
  base.add_int("int", 4, 1);
  base.add_composite(Kind::struct_, "list", 16);
  base.add_member("next", TypeId{3}, 0);
  base.add_member("prev", TypeId{3}, 64);
  base.add_ptr(TypeId{2});
  base.add_composite(Kind::struct_, {}, 8);
  base.add_member("lo", TypeId{1}, 0);
  base.add_member("up", TypeId{2}, 32);
  base.add(Kind::enum64, "E", 8);
  base.add_enumerator("BIG", std::uint64_t{1} << 40);
  base.add(Kind::typedef_, "u32", 1);
  return Btf::parse(base.finish(order, header_length));
}

BtfPtr example_split(const BtfPtr& base, ByteOrder order, std::uint32_t header_length) {
  BtfBuilder split(base);
  split.add_composite(Kind::struct_, "mod", 32);
  split.add_member("head", TypeId{2}, 0);
  split.add_member("int", TypeId{6}, 128);
  split.add_member("an", TypeId{4}, 160);
  split.add_ptr(TypeId{5});
  split.add(Kind::var, "v", 7, {1});
  return Btf::parse(split.finish(order, header_length), base);
}

const Bytes& example_distilled_base() {
  static const Bytes bytes = stored(
      "9feb0100 20000000 00000000 28000000 28000000 0c000000 00000000 00000000"
      "01000000 00000001 04000000 20000001"
      "05000000 00000004 10000000"
      "0a000000 00000006 08000000",
      ".int.list.E.");
  return bytes;
}

const Bytes& example_distilled_split() {
  static const Bytes bytes = stored(
      "9feb0100 20000000 00000000 7c000000 7c000000 18000000 00000000 00000000"
      "0c000000 03000004 20000000"
      "10000000 02000000 00000000 01000000 08000000 80000000 15000000 07000000 a0000000"
      "00000000 00000002 03000000"
      "18000000 0000000e 04000000 01000000"
      "00000000 02000004 08000000 1a000000 01000000 00000000 1d000000 02000000 20000000"
      "20000000 00000008 01000000",
      "mod.head.an.v.lo.up.u32.");
  return bytes;
}

/// A base with `count` named structs of growing size, a pointer to each, and then whatever `add` appends.
template <typename Add>
BtfPtr base_with(Add&& add) {
  BtfBuilder base;
  add(base);
  return base.build();
}

/// Measuring says the same of the result.
Distilled distill(const BtfPtr& split, const DistillOptions& options = {}) {
  Distilled distilled = Distiller().run(*split, options);
  if (options.sort) return distilled;
  const DistilledFacts measured = Distiller().measure(*split, options.keep);
  CHECK(measured.origins == distilled.origins);
  CHECK(measured.findings.size() == distilled.findings.size());
  CHECK(measured.statistics.distilled == distilled.statistics.distilled);
  CHECK(measured.statistics.moved == distilled.statistics.moved);
  CHECK(measured.statistics.old_split_size == distilled.statistics.old_split_size);
  CHECK(measured.statistics.base_size == distilled.base.size());
  CHECK(measured.statistics.split_size == distilled.split.size());
  CHECK(measured.statistics.of_kind == distilled.statistics.of_kind);
  for (std::uint32_t id = 0; id <= raw(split->end_id()); ++id) {
    CHECK(measured.ids.find(TypeId{id}) == distilled.ids.find(TypeId{id}));
  }
  return distilled;
}

/// Both results, parsed.
BtfPtr reparse(const Distilled& distilled) {
  return Btf::parse(distilled.split, Btf::parse(distilled.base));
}

TEST_CASE("distill: the worked example, in both byte orders and with both header lengths") {
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const auto base_order = GENERATE(ByteOrder::little, ByteOrder::big);
  const std::uint32_t length = GENERATE(24U, 32U);
  const BtfPtr base = example_base(base_order, length);
  const Distilled distilled = distill(example_split(base, order, length));

  if (order == ByteOrder::little) {
    CHECK(test::text_of(distilled.base) == test::text_of(example_distilled_base()));
    CHECK(test::text_of(distilled.split) == test::text_of(example_distilled_split()));
  } else {
    const BtfPtr small = Btf::parse(example_distilled_base());
    CHECK(test::text_of(distilled.base) == test::text_of(serialise(*small, ByteOrder::big)));
    const BtfPtr split = Btf::parse(example_distilled_split(), small);
    CHECK(test::text_of(distilled.split) == test::text_of(serialise(*split, ByteOrder::big)));
  }
  CHECK(distilled.origins == std::vector{TypeId{1}, TypeId{2}, TypeId{5}});
  CHECK(distilled.findings.empty());
}

TEST_CASE("distill: ids can be followed from old to new") {
  const BtfPtr base = example_base(native_order, 32);
  const DistilledIds ids = distill(example_split(base, native_order, 32)).ids;
  CHECK(ids.find(void_id) == void_id);
  CHECK(ids.find(TypeId{1}) == TypeId{1});      // int
  CHECK(ids.find(TypeId{2}) == TypeId{2});      // list
  CHECK(ids.find(TypeId{3}) == std::nullopt);   // only list's members need it
  CHECK(ids.find(TypeId{4}) == TypeId{7});      // the anonymous struct has moved
  CHECK(ids.find(TypeId{5}) == TypeId{3});      // E
  CHECK(ids.find(TypeId{6}) == TypeId{8});      // u32 has moved
  CHECK(ids.find(TypeId{7}) == TypeId{4});      // mod
  CHECK(ids.find(TypeId{9}) == TypeId{6});      // v
  CHECK(ids.find(TypeId{10}) == std::nullopt);  // never was
  CHECK(ids.find(TypeId{0xffffffff}) == std::nullopt);
}

TEST_CASE("distill: a sketch has the types and ids of what is written, and the names they had") {
  const BtfPtr base = example_base(native_order, 32);
  const BtfPtr split = example_split(base, native_order, 32);
  const DistillSketch sketch = Distiller().sketch(split);
  const BtfPtr written = reparse(distill(split));
  REQUIRE(sketch.split->end_id() == written->end_id());
  REQUIRE(sketch.split->first_id() == written->first_id());
  CHECK(test::raw_text(*sketch.split) == test::raw_text(*written));
  CHECK(test::raw_text(*sketch.split->base()) == test::raw_text(*written->base()));
  CHECK(sketch.origins == std::vector{TypeId{1}, TypeId{2}, TypeId{5}});
  CHECK(sketch.ids.find(TypeId{6}) == TypeId{8});
  CHECK(sketch.split->byte_order() == split->byte_order());
  CHECK(sketch.split->pointer_size() == split->pointer_size());
}

TEST_CASE("distill: statistics") {
  const BtfPtr split = example_split(example_base(native_order, 24), native_order, 24);
  const DistillStatistics statistics = distill(split).statistics;
  CHECK(statistics.distilled == 3);
  CHECK(statistics.moved == 2);
  CHECK(statistics.old_split_size == split->blob().size());
  CHECK(statistics.base_size == 84);
  CHECK(statistics.split_size == 180);
  CHECK(statistics.of_kind[static_cast<std::size_t>(Kind::int_)] == 1);
  CHECK(statistics.of_kind[static_cast<std::size_t>(Kind::struct_)] == 1);
  CHECK(statistics.of_kind[static_cast<std::size_t>(Kind::enum_)] == 1);
  CHECK(statistics.of_kind[static_cast<std::size_t>(Kind::enum64)] == 0);
}

TEST_CASE("distill: sorted, named types follow anonymous ones by name, and ids follow them") {
  const BtfPtr base = example_base(native_order, 32);
  const Distilled distilled = distill(example_split(base, native_order, 32), {.sort = true});
  CHECK(test::text_of(distilled.base) == test::text_of(example_distilled_base()));
  const BtfPtr split = reparse(distilled);
  std::vector<std::pair<Kind, std::string>> types;
  for (TypeId id = split->first_id(); id != split->end_id(); ++id) {
    types.emplace_back(split->type(id).kind(), split->type(id).name());
  }
  CHECK(types ==
        std::vector<std::pair<Kind, std::string>>{
            {Kind::ptr, ""}, {Kind::struct_, ""}, {Kind::struct_, "mod"}, {Kind::typedef_, "u32"}, {Kind::var, "v"}});
  CHECK(split->type(TypeId{6}).member(1).type == TypeId{7});  // mod.int is a u32
  CHECK(split->type(TypeId{6}).member(2).type == TypeId{5});  // mod.an
  CHECK(split->type(TypeId{8}).target() == TypeId{6});        // v is a mod
  CHECK(distilled.ids.find(TypeId{7}) == TypeId{6});
  CHECK(distilled.ids.find(TypeId{6}) == TypeId{7});
  CHECK(distilled.ids.find(TypeId{2}) == TypeId{2});
  // The strings are those of the unsorted result.
  CHECK(split->own_strings() == std::string_view("mod\0head\0an\0v\0lo\0up\0u32\0", 24));
}

TEST_CASE("distill: nothing to distill leaves two headers, and a warning") {
  const BtfPtr base = example_base(native_order, 32);
  const Distilled distilled = distill(BtfBuilder(base).build());
  CHECK(distilled.base.size() == 33);
  CHECK(distilled.split.size() == 32);
  REQUIRE(distilled.findings.size() == 1);
  CHECK(distilled.findings[0].code.word() == "empty-base");
  CHECK(distilled.findings[0].severity == Severity::warning);
}

TEST_CASE("distill: moved types are not lost when the distilled base is empty") {
  const BtfPtr base = base_with([](BtfBuilder& b) { b.add(Kind::const_, {}, 0); });
  BtfBuilder builder(base);
  builder.add_ptr(TypeId{1});
  const Distilled distilled = distill(builder.build());
  CHECK(distilled.base.size() == 33);
  const BtfPtr split = reparse(distilled);
  REQUIRE(raw(split->end_id()) == 3);
  CHECK(split->type(TypeId{1}).kind() == Kind::ptr);
  CHECK(split->type(TypeId{1}).target() == TypeId{2});
  CHECK(split->type(TypeId{2}).kind() == Kind::const_);
  CHECK(split->type(TypeId{2}).target() == void_id);
}

TEST_CASE("distill: what is distilled, what is moved, and how it is written") {
  const BtfPtr base = base_with([](BtfBuilder& b) {
    b.add_int("int", 4, 1);                        // 1
    b.add_int({}, 8, 4);                           // 2: an anonymous INT is distilled all the same
    b.add(Kind::float_, "double", 8);              // 3
    b.add(Kind::fwd, "later", 0, {}, 0, true);     // 4: kind_flag stays
    b.add(Kind::enum_, "colour", 4, {}, 0, true);  // 5: signedness is lost
    b.add_enumerator("red", 0);
    b.add(Kind::enum64, "wide", 4);  // 6: becomes an ENUM of the same size
    b.add_enumerator("far", 1);
    b.add(Kind::enum_, {}, 4);  // 7: anonymous, moved
    b.add_enumerator("anon", 1);
    b.add_composite(Kind::union_, "both", 8, true);  // 8: kind_flag is lost
    b.add_member("bits", TypeId{1}, 0, 3);
    b.add(Kind::array, {}, 0, {1, 1, 4});  // 9
    b.add(Kind::type_tag, "user", 1);      // 10
    b.add(Kind::func_proto, {}, 3);        // 11
    b.add_param("x", TypeId{9});
    b.add(Kind::enum64, {}, 8);  // 12: anonymous, moved as it is
    b.add_enumerator("big", std::uint64_t{1} << 33);
  });
  BtfBuilder builder(base);
  for (const std::uint32_t target : {12U, 11U, 10U, 8U, 7U, 6U, 5U, 4U, 2U}) builder.add_ptr(TypeId{target});
  const Distilled distilled = distill(builder.build());
  CHECK(distilled.origins == std::vector{TypeId{1}, TypeId{2}, TypeId{3}, TypeId{4}, TypeId{5}, TypeId{6}, TypeId{8}});
  const BtfPtr split = reparse(distilled);
  const Btf& small = *split->base();
  const auto words = [](TypeView type) { return std::vector(type.words().begin(), type.words().end()); };
  const auto name = [&](std::uint32_t id) { return small.type(TypeId{id}).name(); };
  CHECK(words(small.type(TypeId{2})) ==
        std::vector<std::uint32_t>{0, InfoWord(Kind::int_, 0, false).word, 8, 4U << 24 | 64});
  CHECK(small.type(TypeId{4}).kind_flag());
  CHECK(name(4) == "later");
  CHECK(words(small.type(TypeId{5})) ==
        std::vector{raw(small.type(TypeId{5}).name_offset()), InfoWord(Kind::enum_, 0, false).word, 4U});
  CHECK(name(6) == "wide");
  CHECK(small.type(TypeId{6}).info_word().word == InfoWord(Kind::enum_, 0, false).word);
  CHECK(small.type(TypeId{6}).size() == 4);
  CHECK(small.type(TypeId{7}).info_word().word == InfoWord(Kind::union_, 0, false).word);
  CHECK(small.type(TypeId{7}).size() == 8);

  std::vector<Kind> moved;
  for (std::uint32_t id = 8 + 9; id < raw(split->end_id()); ++id) moved.push_back(split->type(TypeId{id}).kind());
  CHECK(moved == std::vector{Kind::enum_, Kind::array, Kind::type_tag, Kind::func_proto, Kind::enum64});
  CHECK(split->type(TypeId{17}).vlen() == 1);
  CHECK(split->string(split->type(TypeId{21}).enumerator_name(0)) == "big");
  CHECK(split->type(TypeId{21}).enumerator_value(0) == std::uint64_t{1} << 33);
}

TEST_CASE("distill: equal texts become one string, and empty ones the offset 0") {
  const BtfPtr base = base_with([](BtfBuilder& b) { b.add_int("int", 4); });
  // Own strings begin at 5: "x" twice, then an empty text at 9.
  const Bytes blob = test::blob_of({5, InfoWord(Kind::struct_, 3, false).word, 12,  //
                                    7, 1, 0,                                        //
                                    9, 1, 32,                                       //
                                    1, 1, 64},
                                   std::string_view("x\0x\0\0", 5));
  const Distilled distilled = distill(Btf::parse(blob, base));
  const BtfPtr split = reparse(distilled);
  CHECK(split->own_strings() == std::string_view("x\0", 2));
  const TypeView type = split->type(TypeId{2});
  CHECK(raw(type.name_offset()) == 5);
  CHECK(raw(type.member(0).name) == 5);
  CHECK(raw(type.member(1).name) == 0);
  CHECK(raw(type.member(2).name) == 1);  // the base's
}

TEST_CASE("distill: cycles and deep chains among moved types") {
  constexpr std::uint32_t depth = 100'000;
  const BtfPtr base = base_with([](BtfBuilder& b) {
    for (std::uint32_t i = 1; i < depth; ++i) b.add_ptr(TypeId{i + 1});
    b.add_composite(Kind::struct_, {}, 8);
    b.add_member("back", TypeId{1}, 0);
  });
  BtfBuilder builder(base);
  builder.add_ptr(TypeId{1});
  const Distilled distilled = distill(builder.build());
  const BtfPtr split = reparse(distilled);
  CHECK(split->own_types() == depth + 1);
  CHECK(split->type(TypeId{1}).target() == TypeId{2});
  CHECK(split->type(TypeId{depth + 1}).member(0).type == TypeId{2});
}

TEST_CASE("distill: types that have no place in a distilled base") {
  const BtfPtr base = base_with([](BtfBuilder& b) {
    b.add(Kind::func_proto, {}, 0);
    b.add(Kind::func, "run", 1);
    b.add_int("int", 4);
    b.add(Kind::var, "counter", 3, {0});
  });
  SECTION("a tag on a function of the base") {
    BtfBuilder builder(base);
    builder.add(Kind::decl_tag, "kfunc", 2, {0xffffffff});
    const auto caught = error_of([&] { distill(builder.build()); });
    CHECK(caught.code == ErrorCode::unsupported);
    CHECK(caught.sentence == "needs base type 2 (FUNC run), but a distilled base cannot hold that kind");
    CHECK(caught.place.type_id == 5U);
  }
  SECTION("a section with a variable of the base") {
    BtfBuilder builder(base);
    builder.add(Kind::datasec, ".data", 4);
    builder.add_entry(TypeId{4}, 0, 4);
    CHECK(error_of([&] { distill(builder.build()); }).sentence ==
          "needs base type 4 (VAR counter), but a distilled base cannot hold that kind");
  }
}

TEST_CASE("distill: an enum of impossible size") {
  const std::uint32_t size = GENERATE(0U, 3U, 16U, 0x80000000U);
  const BtfPtr base = base_with([&](BtfBuilder& b) { b.add(Kind::enum_, "odd", size); });
  BtfBuilder builder(base);
  builder.add_ptr(TypeId{1});
  const auto caught = error_of([&] { distill(builder.build()); });
  CHECK(caught.code == ErrorCode::malformed);
  CHECK(caught.sentence == "base type 1 (ENUM odd) has the impossible size " + std::to_string(size));
}

TEST_CASE("distill: only split BTF on a root can be distilled") {
  const BtfPtr base = example_base(native_order, 24);
  CHECK(error_of([&] { distill(base); }).code == ErrorCode::no_base);
  const BtfPtr split = example_split(base, native_order, 24);
  const BtfPtr on_split = BtfBuilder(split).build();
  CHECK(error_of([&] { distill(on_split); }).sentence == "the base is split BTF itself");
}

TEST_CASE("distill: base types can be kept that nothing refers to") {
  const BtfPtr base = example_base(native_order, 24);
  const std::vector keep{TypeId{3}, void_id};
  const Distilled distilled = distill(BtfBuilder(base).build(), {.keep = keep});
  CHECK(distilled.origins == std::vector{TypeId{2}});
  CHECK(distilled.ids.find(TypeId{3}) == TypeId{2});
  const BtfPtr split = reparse(distilled);
  CHECK(split->own_types() == 1);
  CHECK(split->type(TypeId{2}).target() == TypeId{1});
}

TEST_CASE("distill: one distiller serves many, whatever came before") {
  Distiller distiller;
  const BtfPtr base = example_base(native_order, 32);
  const BtfPtr split = example_split(base, native_order, 32);
  const BtfPtr other_base = test::small_base().build();
  const BtfPtr other = test::small_split(other_base).build();
  const Bytes before = distiller.run(*other).split;
  CHECK(test::text_of(distiller.run(*split).split) == test::text_of(example_distilled_split()));
  CHECK(test::text_of(distiller.run(*other).split) == test::text_of(before));
  CHECK(test::text_of(distiller.run(*split).base) == test::text_of(example_distilled_base()));
}

}  // namespace
}  // namespace btfx
