#include "btf/evidence.h"

#include <string>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

using test::error_of;

BtfPtr base_with(std::string_view first_name) {
  BtfBuilder base;
  base.add_int(first_name, 4, 1);
  base.add_composite(Kind::struct_, "list_head", 16);
  base.add(Kind::typedef_, "size_t", 1);
  return base.build();
}

/// Uses the base's own names, by their offsets.
Bytes split_on(const BtfPtr& base) {
  BtfBuilder split(base);
  const StringOffset name = base->type(TypeId{2}).name_offset();
  split.add(Kind::typedef_, "module_type", 2);
  split.record(TypeId{4})[0] = raw(name);
  split.add_composite(Kind::struct_, "own", 4);
  split.add_member("member", TypeId{1}, 0);
  return split.finish();
}

}  // namespace

TEST_CASE("On its own base nothing speaks against a split BTF") {
  const BtfPtr base = base_with("int");
  const BtfPtr split = Btf::parse(split_on(base), base);
  const BaseEvidence evidence = weigh_base(*split);
  CHECK(evidence.misplaced == 0);
  CHECK(evidence.belongs());
  CHECK((*parse_on_base(split_on(base), base)).own_types() == 2);
  CHECK(weigh_base(*base).belongs());
}

TEST_CASE("On a base that is a little different names begin inside strings") {
  const BtfPtr base = base_with("int");
  const BtfPtr wrong = base_with("char");
  const BtfPtr split = Btf::parse(split_on(base), wrong);
  const BaseEvidence evidence = weigh_base(*split);
  CHECK(evidence.names == 3);
  CHECK(evidence.misplaced == 3);
  REQUIRE(evidence.examples.size() == 3);
  CHECK(evidence.examples[0].type == TypeId{4});
  CHECK(describe(evidence, *split) == "3 of 3 names begin inside a string, as '' in 'char' (TYPEDEF, type 4)");

  const test::Caught caught = error_of([&] { parse_on_base(split_on(base), wrong); });
  CHECK(caught.code == ErrorCode::refused);
  CHECK(caught.sentence ==
        "does not belong to this base: 3 of 3 names begin inside a string, as '' in 'char' (TYPEDEF, type 4)");
}

TEST_CASE("Numbers out of range hint at the base") {
  const BtfPtr base = base_with("int");
  BtfBuilder larger;
  for (int i = 0; i < 9; ++i) larger.add_int("int" + std::to_string(i), 4, 1);
  const BtfPtr origin = larger.build();
  BtfBuilder split(origin);
  split.add(Kind::const_, {}, 9);
  const test::Caught caught = error_of([&] { parse_on_base(split.finish(), base); });
  CHECK(caught.code == ErrorCode::malformed);
  CHECK(caught.sentence == "refers to type 9, but the last type is 4; it may have been built against another base");
}

TEST_CASE("Standalone BTF is told by its content") {
  const BtfPtr base = base_with("int");
  CHECK(is_standalone(base->blob()));
  CHECK(is_standalone(test::all_kinds().finish(ByteOrder::big)));
  CHECK_FALSE(is_standalone(split_on(base)));
  CHECK_FALSE(is_standalone(BtfBuilder(base).finish()));  // no types, no strings: a module without types
  CHECK_FALSE(is_standalone(Bytes::copy_of("no BTF")));
  // Split BTF by an unusual producer: its strings begin with NUL, its ids do not fit a root.
  const Bytes unusual = test::blob_of({1, InfoWord(Kind::typedef_, 0, false).word, 3}, std::string_view("\0t\0", 3));
  CHECK_FALSE(is_standalone(unusual));
  CHECK((*parse_on_base(unusual, base)).type(TypeId{4}).target() == TypeId{3});
}

TEST_CASE("References to what cannot be there speak against a base") {
  BtfBuilder made;
  made.add_int("int", 4, 1);
  made.add(Kind::func_proto, {}, 0);
  made.add(Kind::func, "f", 2);
  made.add(Kind::typedef_, "t", 1);
  const BtfPtr base = made.build();
  BtfBuilder split(base);
  split.add(Kind::const_, {}, 4);            // 5
  split.add(Kind::array, {}, 0, {1, 4, 2});  // 6: a typedef of an INT is an index
  CHECK(weigh_base(*split.build()).belongs());
  CHECK(weigh_base(*split.build()).references == 3);
  split.add_ptr(TypeId{2});                           // 7
  split.add(Kind::const_, {}, 3);                     // 8: a FUNC
  split.add(Kind::array, {}, 0, {1, 7, 2});           // 9: indexed by a pointer
  split.add_composite(Kind::struct_, "s", 8);         // 10
  split.add_member("m", TypeId{2}, 0);                // a prototype
  split.add(Kind::decl_tag, "tag", 1, {0xffffffff});  // 11: on an INT
  const BtfPtr btf = split.build();
  const BaseEvidence evidence = weigh_base(*btf);
  CHECK_FALSE(evidence.belongs());
  CHECK(evidence.misplaced == 0);
  CHECK(evidence.senseless == 4);
  CHECK(evidence.is_certain());
  CHECK(describe(evidence, *btf) ==
        "4 of 9 references lead to a kind that cannot be there, as from type 8 (CONST) to 3 (FUNC)");
}

TEST_CASE("A blob that does not parse on a base is weighed all the same") {
  const BtfPtr base = base_with("int");
  BtfBuilder larger;
  for (int i = 0; i < 9; ++i) larger.add_int("int" + std::to_string(i), 4, 1);
  BtfBuilder split(larger.build());
  split.add(Kind::const_, {}, 9);
  split.add(Kind::typedef_, "name", 2);
  const Bytes blob = split.finish();
  const RawBtf records = RawBtf::read(blob.view(), base.get());
  const BaseEvidence evidence = weigh_base(records);
  CHECK(evidence.names_outside == 1);
  CHECK(evidence.references_outside == 1);
  CHECK(describe(evidence, records) == "1 of 1 names lie outside the strings; 1 of 2 references lead to no type");
}

TEST_CASE("One fault among many is not certain") {
  CHECK_FALSE(BaseEvidence().is_certain());
  BaseEvidence evidence;
  evidence.names = 30;
  evidence.references = 30;
  evidence.misplaced = 1;
  CHECK_FALSE(evidence.is_certain());
  evidence.senseless = 2;
  CHECK(evidence.is_certain());
  BaseEvidence small;
  small.references = 5;
  small.references_outside = 1;
  CHECK(small.is_certain());
}

TEST_CASE("Where two bases part") {
  const auto base = [](std::uint32_t size, bool more) {
    BtfBuilder b;
    b.add_ptr(TypeId{3});
    b.add_int("int", 4, 1);
    b.add_composite(Kind::struct_, "s", size);
    if (more) b.add(Kind::fwd, "more", 0);
    return b.build();
  };
  CHECK_FALSE(first_divergence(*base(4, false), *base(4, false)));
  CHECK(first_divergence(*base(4, false), *base(8, false)) == TypeId{3});
  CHECK(first_divergence(*base(4, false), *base(4, true)) == TypeId{4});
  BtfBuilder other;  // the same, but strings stand elsewhere, and a type that comes between moves those behind it
  other.strings().add("unused");
  other.add_ptr(TypeId{4});
  other.add_int("int", 4, 1);
  other.add(Kind::fwd, "between", 0);
  other.add_composite(Kind::struct_, "s", 4);
  CHECK(first_divergence(*base(4, false), *other.build()) == TypeId{3});
}

TEST_CASE("What a split BTF defines although the base has it speaks against the base, where something else does") {
  const auto base_of = [](std::string_view first) {
    BtfBuilder base;
    base.add_int(first, 4, 1);
    for (int i = 0; i < 8; ++i) base.add_composite(Kind::struct_, "common_" + std::to_string(i), 4);
    return base.build();
  };
  const BtfPtr right = base_of("int"), wrong = base_of("integer");
  BtfBuilder split(right);
  for (int i = 0; i < 40; ++i) split.add(Kind::typedef_, "own_" + std::to_string(i), 1);
  for (int i = 0; i < 8; ++i) split.add_composite(Kind::struct_, "common_" + std::to_string(i), 4);
  split.add_composite(Kind::struct_, "own", 4);
  split.add_member("x", TypeId{1}, 0);
  const BaseEvidence none = weigh_base(*split.build());
  CHECK(none.belongs());
  CHECK(none.repeated == 0);  // not counted

  // One reference to a function among many is little; that nearly all is there already is much.
  split.add(Kind::var, "v", raw(split.first_id()) + 48, {1});
  split.add(Kind::typedef_, "senseless", raw(split.end_id()) - 1);
  const BtfPtr damaged = split.build();
  const BaseEvidence evidence = weigh_base(*damaged);
  CHECK(evidence.faults() != 0);
  CHECK(evidence.defined == 9);
  CHECK(evidence.repeated == 8);
  CHECK(evidence.is_certain());
  CHECK(describe(evidence, *damaged)
            .ends_with("; it defines 8 of its 9 named structs, unions and enums although the base has them"));
  BaseEvidence fewer = evidence;
  fewer.repeated = 4;
  CHECK_FALSE(fewer.is_certain());
}

}  // namespace btfx
