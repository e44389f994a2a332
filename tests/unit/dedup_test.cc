#include "transform/merge/dedup.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"
#include "support/temp_dir.h"

namespace btfx {
namespace {

using test::error_of;
using test::raw_text;

struct Result {
  Bytes blob;  // of the own types
  std::vector<TypeId> ids;
  Diagnostics diagnostics;
};

Result merged(const BtfPtr& base, const std::vector<BtfPtr>& inputs, const DedupOptions& options = {}) {
  TypePool pool(base);
  Result result;
  for (const BtfPtr& input : inputs) pool.append(pool.prepare(input), result.diagnostics);
  const DedupedIds ids = deduplicate(pool, options, result.diagnostics);
  for (TypeId id{0}; id != ids.end_id(); ++id) result.ids.push_back(ids.referred(id));
  result.blob = pool.own_btf();
  return result;
}

std::string text(const BtfPtr& base, const std::vector<BtfPtr>& inputs, bool strict = false) {
  return raw_text(*Btf::parse(merged(base, inputs, {.strict = strict}).blob, strict ? nullptr : base));
}

/// One enum `e` with an enumerator of the given name; without one when it is empty.
void add_enum(BtfBuilder& builder, std::string_view enumerator, std::uint32_t size = 4) {
  builder.add(Kind::enum_, "e", size);
  if (!enumerator.empty()) builder.add_enumerator(enumerator, 1);
}

BtfPtr with_enum(std::string_view enumerator) {
  BtfBuilder builder;
  add_enum(builder, enumerator);
  builder.add_ptr(TypeId{1});
  return builder.build();
}

/// `struct s { struct foo *p; }`, where foo is only declared (size 0) or has that size.
BtfPtr holder(std::uint32_t size, std::string_view name = "s") {
  BtfBuilder builder;
  if (size == 0) {
    builder.add(Kind::fwd, "foo", 0);
  } else {
    builder.add_composite(Kind::struct_, "foo", size);
  }
  builder.add_ptr(TypeId{1});
  builder.add_composite(Kind::struct_, name, 8);
  builder.add_member("p", TypeId{2}, 0);
  return builder.build();
}

/// `struct S { int a[3]; FIRST b[3]; }`, with an array of its own for each member.
BtfPtr with_arrays(bool both_int) {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);
  builder.add_int("unsigned int", 4);
  builder.add(Kind::array, {}, 0, {1, 2, 3});
  if (!both_int) builder.add(Kind::array, {}, 0, {2, 2, 3});
  const std::uint32_t second = both_int ? 3 : 4;
  builder.add_composite(Kind::struct_, "S", 24);
  builder.add_member("a", TypeId{3}, 0);
  builder.add_member("b", TypeId{second}, 96);
  return builder.build();
}

std::vector<BtfPtr> units(const std::string& directory) {
  std::vector<BtfPtr> inputs;
  for (int i = 1; std::filesystem::exists(directory + "/" + std::to_string(i) + ".btf"); ++i) {
    inputs.push_back(Btf::parse(Bytes::map_file(directory + "/" + std::to_string(i) + ".btf")));
  }
  return inputs;
}

}  // namespace

TEST_CASE("Compiler output de-duplicates to the bytes libbpf 1.8 gives, in either order") {
  const std::string name = GENERATE("raw-forward", "array-element-defect.gcc", "enum-forward.clang",
                                    "forward-ambiguous-late", "mutual-ring", "tags", "two-compilers");
  INFO(name);
  const std::string directory = test::data_path("dedup/" + name);
  std::vector<BtfPtr> inputs = units(directory);
  REQUIRE(inputs.size() >= 2);
  const Result result = merged(nullptr, inputs, {.jobs = 2});
  CHECK(test::text_of(result.blob) == test::read_file(directory + "/expected.btf"));
  std::ranges::reverse(inputs);
  CHECK(test::text_of(merged(nullptr, inputs).blob) == test::read_file(directory + "/reversed.btf"));
}

TEST_CASE("A declaration with rubbish in its third word, on which the reference crashes, is survived and told of") {
  const Result result = merged(nullptr, units(test::data_path("dedup/raw-enum-forward")));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].text ==
        "forward declaration 'e' has the value 621887488 where nothing belongs, and no type has that id: read as 0");
  CHECK((*Btf::parse(result.blob)).own_types() == 7);
}

TEST_CASE("Equal types of every kind become one, but variables and sections stay") {
  const BtfPtr all = test::all_kinds().build();
  const BtfPtr once = Btf::parse(merged(nullptr, {all}).blob);
  const Result twice = merged(nullptr, {all, all});
  const BtfPtr result = Btf::parse(twice.blob);
  std::uint32_t kept = 0;
  for (TypeId id{1}; id != all->end_id(); ++id) {
    const Kind kind = all->type(id).kind();
    const bool stays = kind == Kind::var || kind == Kind::datasec ||
                       (kind == Kind::decl_tag && all->type(all->type(id).target()).kind() == Kind::var);
    INFO(raw(id));
    CHECK((twice.ids[raw(id)] == twice.ids[raw(id) + 30]) == !stays);
    kept += stays ? 1 : 0;
  }
  CHECK(kept >= 2);
  CHECK(result->own_types() == once->own_types() + kept);
  CHECK(raw_text(*result).starts_with(raw_text(*once)));
}

TEST_CASE("An empty enum becomes the last definition after it, or the newest before it") {
  BtfBuilder builder;
  add_enum(builder, {});
  add_enum(builder, "A");
  add_enum(builder, "B");
  for (std::uint32_t id = 1; id <= 3; ++id) builder.add_ptr(TypeId{id});
  CHECK(text(nullptr, {builder.build()}) ==
        "[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=1\n"
        "[2] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'B' val=1\n"
        "[3] PTR '(anon)' type_id=2\n[4] PTR '(anon)' type_id=1\n");
  CHECK(text(nullptr, {with_enum("A"), with_enum("")}) ==
        "[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=1\n[2] PTR '(anon)' type_id=1\n");
}

TEST_CASE("Strictly, an empty enum becomes its definition when there is one, and stays when there are two") {
  CHECK(text(nullptr, {with_enum(""), with_enum("A")}, true) ==
        "[1] PTR '(anon)' type_id=2\n[2] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=1\n");
  CHECK(text(nullptr, {with_enum("A"), with_enum(""), with_enum("B")}, true) ==
        "[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=1\n[2] PTR '(anon)' type_id=1\n"
        "[3] ENUM 'e' encoding=UNSIGNED size=4 vlen=0\n[4] PTR '(anon)' type_id=3\n"
        "[5] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'B' val=1\n[6] PTR '(anon)' type_id=5\n");
}

TEST_CASE("A forward declaration becomes its only definition, whether before or after") {
  BtfBuilder declared, defined;
  declared.add(Kind::fwd, "s", 0);
  declared.add_ptr(TypeId{1});
  defined.add_composite(Kind::struct_, "s", 4);
  defined.add_ptr(TypeId{1});
  const std::string one = "[1] STRUCT 's' size=4 vlen=0\n[2] PTR '(anon)' type_id=1\n";
  CHECK(text(nullptr, {declared.build(), defined.build()}) ==
        "[1] PTR '(anon)' type_id=2\n[2] STRUCT 's' size=4 vlen=0\n");
  CHECK(text(nullptr, {defined.build(), declared.build()}) == one);
  CHECK(text(nullptr, {defined.build(), declared.build()}, true) == one);
}

TEST_CASE("A forward declaration with two definitions, or a definition of another kind, stays") {
  BtfBuilder two, other_kind;
  two.add(Kind::fwd, "s", 0);
  two.add_composite(Kind::struct_, "s", 4);
  two.add_composite(Kind::struct_, "s", 8);
  CHECK((*Btf::parse(merged(nullptr, {two.build()}).blob)).own_types() == 3);
  other_kind.add(Kind::fwd, "s", 0);
  other_kind.add_composite(Kind::union_, "s", 4);
  CHECK((*Btf::parse(merged(nullptr, {other_kind.build()}).blob)).own_types() == 2);
  // Of a struct and a union libbpf counts both; strictly, only the struct can be meant.
  other_kind.add_composite(Kind::struct_, "s", 8);
  CHECK((*Btf::parse(merged(nullptr, {other_kind.build()}).blob)).own_types() == 3);
  CHECK((*Btf::parse(merged(nullptr, {other_kind.build()}, {.strict = true}).blob)).own_types() == 2);
}

TEST_CASE("A split's definition takes the place of the base's declaration for the split alone") {
  BtfBuilder base_builder;
  base_builder.add_int("int", 4, 1);
  base_builder.add(Kind::fwd, "s", 0);
  base_builder.add_ptr(TypeId{2});
  const BtfPtr base = base_builder.build();
  BtfBuilder split(base);
  split.add_composite(Kind::struct_, "s", 4);
  split.add_ptr(TypeId{4});
  split.add(Kind::fwd, "s", 0);
  split.add_ptr(TypeId{6});
  CHECK(text(base, {split.build()}) == "[4] STRUCT 's' size=4 vlen=0\n[5] PTR '(anon)' type_id=4\n");
  // Strictly, for the base as well.
  CHECK(text(base, {split.build()}, true) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] PTR '(anon)' type_id=3\n[3] STRUCT 's' size=4 vlen=0\n");
}

TEST_CASE("Types that the base has are the base's") {
  const BtfPtr base = test::small_base().build();
  const Result result = merged(base, {base, test::small_split(base).build(), base});
  const BtfPtr split = Btf::parse(result.blob, base);
  CHECK(raw_text(*split) == raw_text(*test::small_split(base).build()));
  for (std::uint32_t id = 1; id < 5; ++id) CHECK(result.ids[raw(base->end_id()) - 1 + id] == TypeId{id});
}

TEST_CASE("Structs that differ in what they reach stay apart, and those that reach the same become one") {
  const BtfPtr small = holder(4), large = holder(8);
  CHECK((*Btf::parse(merged(nullptr, {small, small}).blob)).own_types() == 3);
  CHECK((*Btf::parse(merged(nullptr, {small, large}).blob)).own_types() == 6);
  CHECK((*Btf::parse(merged(nullptr, {holder(0), small}).blob)).own_types() == 3);
}

TEST_CASE("A declaration that fits two definitions: libbpf takes the first, strictness none") {
  // The declaration's holder goes with whichever definition comes first.
  CHECK((*Btf::parse(merged(nullptr, {holder(0), holder(4), holder(8)}).blob)).own_types() == 6);
  for (const std::vector<BtfPtr>& inputs :
       {std::vector{holder(0), holder(4), holder(8)}, std::vector{holder(8), holder(0), holder(4)},
        std::vector{holder(4), holder(8), holder(0)}}) {
    const BtfPtr result = Btf::parse(merged(nullptr, inputs, {.strict = true}).blob);
    CHECK(result->own_types() == 9);
  }
}

TEST_CASE("Strictly, declarations that depend on each other's definitions still find them") {
  // foo refers to bar, of which one unit has the definition and the other a declaration, and the other way round.
  const auto unit = [](bool foo_defined, bool bar_defined) {
    BtfBuilder builder;
    const auto composite = [&](std::string_view name, bool defined, TypeId pointer) {
      if (!defined) {
        builder.add(Kind::fwd, name, 0);
        return;
      }
      builder.add_composite(Kind::struct_, name, 8);
      builder.add_member("p", pointer, 0);
    };
    composite("foo", foo_defined, TypeId{4});
    composite("bar", bar_defined, TypeId{3});
    builder.add_ptr(TypeId{1});
    builder.add_ptr(TypeId{2});
    return builder.build();
  };
  const std::vector<BtfPtr> inputs{unit(true, false), unit(false, true), unit(true, true)};
  CHECK((*Btf::parse(merged(nullptr, inputs, {.strict = true}).blob)).own_types() == 4);
}

TEST_CASE("libbpf forgets the elements of arrays where one type corresponds to two; strictness does not") {
  // The canonical struct uses one array for both members, so that two arrays would have to be the same.
  const BtfPtr both = with_arrays(true), differ = with_arrays(false);
  CHECK((*Btf::parse(merged(nullptr, {both, differ}).blob)).own_types() == 5);  // one S: wrong
  CHECK((*Btf::parse(merged(nullptr, {differ, both}).blob)).own_types() == 6);
  CHECK((*Btf::parse(merged(nullptr, {both, differ}, {.strict = true}).blob)).own_types() == 6);
  CHECK((*Btf::parse(merged(nullptr, {differ, both}, {.strict = true}).blob)).own_types() == 6);
}

TEST_CASE("De-duplicating again changes nothing") {
  const BtfPtr all = test::all_kinds().build();
  const std::vector<BtfPtr> inputs{all, holder(0), holder(4), with_enum(""), with_enum("A"), all, with_arrays(true)};
  const Bytes once = merged(nullptr, inputs, {.strict = true}).blob;
  CHECK(test::text_of(merged(nullptr, {Btf::parse(once)}, {.strict = true}).blob) == test::text_of(once));
  CHECK(raw_text(*Btf::parse(merged(nullptr, {Btf::parse(once)}).blob)) == raw_text(*Btf::parse(once)));
}

TEST_CASE("A circle of pointers and modifiers alone is refused") {
  BtfBuilder builder;
  builder.add_ptr(TypeId{2});
  builder.add(Kind::const_, {}, 3);
  builder.add_ptr(TypeId{1});
  const test::Caught caught = error_of([&] { merged(nullptr, {builder.build()}); });
  CHECK(caught.code == ErrorCode::malformed);
  CHECK(caught.sentence == "PTR refers to itself without a struct, union or typedef between");
  CHECK(caught.place.type_id == 1U);
}

TEST_CASE("Deep chains take neither stack nor patience") {
  constexpr std::uint32_t depth = 100000;
  BtfBuilder builder;
  for (std::uint32_t i = 1; i < depth; ++i) builder.add_ptr(TypeId{i + 1});  // settled from the far end
  builder.add_composite(Kind::struct_, "end", 8);
  builder.add_member("next", TypeId{1}, 0);
  const BtfPtr chain = builder.build();
  for (const bool strict : {false, true}) {
    const Result result = merged(nullptr, {chain, chain}, {.strict = strict});
    CHECK((*Btf::parse(result.blob)).own_types() == depth);
    CHECK(result.diagnostics.empty());
  }
}

TEST_CASE("A comparison is never exponential") {
  // 40 levels, each of which holds the next one twice; a second copy of each on one side only.
  constexpr int levels = 40;
  const auto tower = [](bool copies) {
    BtfBuilder builder;
    builder.add_int("int", 4, 1);
    for (int level = 0; level < levels; ++level) {
      const auto below = [&](std::uint32_t copy) {
        return TypeId{level == 0 ? 1
                                 : static_cast<std::uint32_t>(level - 1) * (copies ? 2 : 1) + 2 + (copies ? copy : 0)};
      };
      for (int copy = 0; copy < (copies ? 2 : 1); ++copy) {
        builder.add_composite(Kind::struct_, "level" + std::to_string(level), 8);
        builder.add_member("a", below(0), 0);
        builder.add_member("b", below(1), 32);
      }
    }
    return builder.build();
  };
  for (const bool strict : {false, true}) {
    const Result result = merged(nullptr, {tower(false), tower(true)}, {.strict = strict});
    CHECK((*Btf::parse(result.blob)).own_types() == levels + 1);
    CHECK(result.diagnostics.empty());
  }
}

TEST_CASE("Types made to look alike cost a bounded number of comparisons, and then stay apart") {
  // Typedefs of one name that differ only far below: each would have to be compared with all before it.
  constexpr std::uint32_t count = 300;
  BtfBuilder builder;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t first = raw(builder.end_id());
    builder.add(Kind::typedef_, "t", first + 1);
    for (int link = 0; link < 6; ++link) builder.add_ptr(TypeId{first + 2 + static_cast<std::uint32_t>(link)});
    builder.add_composite(Kind::struct_, "s" + std::to_string(i), 4);
  }
  const BtfPtr input = builder.build();
  CHECK(merged(nullptr, {input}).diagnostics.empty());
  const Result result = merged(nullptr, {input}, {.steps_per_type = 32, .least_steps = 0});
  CHECK((*Btf::parse(result.blob)).own_types() == count * 8);
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].code.word() == "dedup-budget");
  CHECK(result.diagnostics[0].text == "too many types look alike: de-duplication was given up before its end");
}

TEST_CASE("Strictly, a declaration without a name declares nothing, and a tag that is a member is compared") {
  BtfBuilder builder;
  builder.add(Kind::fwd, {}, 0, {}, 0, true);
  builder.add_composite(Kind::union_, {}, 4);
  for (int copy = 0; copy < 2; ++copy) {
    const TypeId first = builder.end_id();
    builder.add_composite(Kind::struct_, "s", 4);
    builder.add_member("tag", first + 1, 0);
    builder.add(Kind::decl_tag, "label", 2, {0xffffffff});
  }
  const Bytes once = merged(nullptr, {builder.build()}, {.strict = true}).blob;
  CHECK(raw_text(*Btf::parse(once)) ==
        "[1] FWD '(anon)' fwd_kind=union\n[2] UNION '(anon)' size=4 vlen=0\n"
        "[3] STRUCT 's' size=4 vlen=1\n\t'tag' type_id=4 bits_offset=0\n"
        "[4] DECL_TAG 'label' type_id=2 component_idx=-1\n");
}

TEST_CASE("The number of threads does not change the result", "[threads]") {
  const BtfPtr module = test::all_kinds().build();
  const std::vector<BtfPtr> inputs(2000, module);
  const std::string one = test::text_of(merged(nullptr, inputs, {.jobs = 1}).blob);
  CHECK(test::text_of(merged(nullptr, inputs, {.jobs = 4}).blob) == one);
}

}  // namespace btfx
