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
  CHECK(evidence.names == 3);
  CHECK(evidence.misplaced == 0);
  CHECK(evidence.belongs());
  CHECK(parse_on_base(split_on(base), base)->own_types() == 2);
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
  const Bytes unusual = test::blob_of({1, Info(Kind::typedef_, 0, false).word, 3}, std::string_view("\0t\0", 3));
  CHECK_FALSE(is_standalone(unusual));
  CHECK(parse_on_base(unusual, base)->type(TypeId{4}).target() == TypeId{3});
}

}  // namespace btfx
