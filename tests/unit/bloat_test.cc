#include "transform/check/bloat.h"

#include <memory>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "transform/merge/dedup_btf.h"

namespace btfx {
namespace {

/// int (1), TYPEDEF u8 (2), pointer to it (3), struct s { u8 *p; } (4), FWD declared (5), struct defined { int x; }
/// (6).
BtfPtr base() {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add(Kind::typedef_, "u8", 1);
  b.add_ptr(TypeId{2});
  b.add_composite(Kind::struct_, "s", 8);
  b.add_member("p", TypeId{3}, 0);
  b.add(Kind::fwd, "declared", 0);
  b.add_composite(Kind::struct_, "defined", 4);
  b.add_member("x", TypeId{1}, 0);
  return b.build();
}

Bloat bloat_of(const BtfPtr& btf) {
  return find_bloat(btf, btf->is_split() ? std::make_shared<const MergeBase>(btf->base()) : nullptr);
}

TEST_CASE("bloat: what stands above a repeated type is laid to that type") {
  BtfBuilder split(base());
  split.add(Kind::typedef_, "u8", 1);  // 7
  split.add_ptr(TypeId{7});
  split.add_composite(Kind::struct_, "s", 8);
  split.add_member("p", TypeId{8}, 0);
  split.add(Kind::func_proto, {}, 8);  // 10, which the base does not have
  const Bloat bloat = bloat_of(split.build());
  CHECK(bloat.types == 3);
  CHECK(bloat.bytes == 12 + 12 + 24 + 7);  // with the strings u8, s and p
  REQUIRE(bloat.causes.size() == 1);
  CHECK(bloat.causes[0].own == TypeId{7});
  CHECK(bloat.causes[0].same == TypeId{2});
  CHECK(bloat.causes[0].text == "the base has the same TYPEDEF u8");
  CHECK(bloat.causes[0].types == 3);
  CHECK(bloat.causes[0].bytes == 48);
}

TEST_CASE("bloat: several causes") {
  BtfBuilder split(base());
  split.add(Kind::fwd, "defined", 0);             // 7
  split.add_ptr(TypeId{7});                       // the base has no such pointer
  split.add_composite(Kind::struct_, "mine", 4);  // 9
  split.add_composite(Kind::struct_, "mine", 4);
  split.add_ptr(TypeId{10});
  split.add_ptr(TypeId{9});
  split.add(Kind::typedef_, "u8", 1);
  const Bloat bloat = bloat_of(split.build());
  CHECK(bloat.types == 4);  // the FWD, one of each pair, the typedef
  REQUIRE(bloat.causes.size() == 4);
  CHECK(bloat.causes[0].text == "FWD defined is STRUCT defined of the base");
  CHECK(bloat.causes[1].text == "it has STRUCT mine twice");
  CHECK(bloat.causes[1].own == TypeId{10});
  CHECK(bloat.causes[1].same == TypeId{9});
  CHECK(bloat.causes[1].bytes == 12);
  CHECK(bloat.causes[2].text == "it has PTR (anon) twice");
  CHECK(bloat.causes[3].text == "the base has the same TYPEDEF u8");
}

TEST_CASE("bloat: in a circle the first named type is the cause") {
  BtfBuilder root;
  const auto add_ring = [&] {
    const TypeId ring = root.add_composite(Kind::struct_, "ring", 8);
    root.add_member("next", ring + 1, 0);
    root.add_ptr(ring);
  };
  add_ring();
  add_ring();
  const Bloat bloat = bloat_of(root.build());
  CHECK(bloat.types == 2);
  CHECK(bloat.bytes == 24 + 12);
  REQUIRE(bloat.causes.size() == 1);
  CHECK(bloat.causes[0].own == TypeId{3});
  CHECK(bloat.causes[0].types == 2);
  CHECK(bloat.causes[0].text == "it has STRUCT ring twice");
}

TEST_CASE("bloat: a module's own types of a name that the base uses for something else") {
  BtfBuilder split(base());
  split.add_composite(Kind::struct_, "s", 16);
  split.add_composite(Kind::struct_, "declared", 4);
  split.add(Kind::typedef_, "defined", 1);
  split.add(Kind::func_proto, {}, 0);
  split.add(Kind::func, "s", 10);
  const Bloat bloat = bloat_of(split.build());
  CHECK(bloat.types == 0);
  CHECK(bloat.causes.empty());
  CHECK(bloat_of(base()).types == 0);
}

TEST_CASE("bloat: just what de-duplication drops") {
  const BtfPtr split = test::small_split(test::small_base().build()).build();
  const MergeBasePtr prepared = std::make_shared<const MergeBase>(split->base());
  const Bloat bloat = find_bloat(split, prepared);
  const DedupedBtf deduped = BtfDeduplicator().run(split, prepared);
  CHECK(bloat.types == split->own_types() - deduped.types());
  CHECK(bloat.bytes == split->blob().size() - deduped.btf.size());
}

}  // namespace
}  // namespace btfx
