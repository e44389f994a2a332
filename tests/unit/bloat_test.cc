#include "transform/check/bloat.h"

#include "btf/builder.h"
#include "catch.h"

namespace btfx {
namespace {

/// struct outer { struct inner *in; }, struct inner { struct leaf leaf; }, struct leaf { int x; } of a size.
void add_chain(BtfBuilder& b, TypeId number, std::uint32_t leaf_size) {
  const TypeId outer = b.add_composite(Kind::struct_, "outer", 8);
  b.add_member("in", outer + 1, 0);
  b.add_ptr(outer + 2);
  b.add_composite(Kind::struct_, "inner", 8);
  b.add_member("leaf", outer + 3, 0);
  b.add_composite(Kind::struct_, "leaf", leaf_size);
  b.add_member("x", number, 0);
}

BtfPtr base() {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  add_chain(b, TypeId{1}, 4);  // 2 to 5
  b.add(Kind::fwd, "declared", 0);
  b.add_ptr(TypeId{6});
  b.add_composite(Kind::struct_, "holder", 8);
  b.add_member("d", TypeId{7}, 0);
  b.add_composite(Kind::struct_, "plain", 4);
  b.add_member("x", TypeId{1}, 0);
  return b.build();
}

TEST_CASE("bloat: types repeated because of a difference deep inside") {
  BtfBuilder split(base());
  add_chain(split, TypeId{1}, 8);  // 10 to 13
  const Bloat bloat = find_bloat(*split.build());
  CHECK(bloat.types == 3);  // outer, the pointer and inner, but not leaf, which is another type
  CHECK(bloat.bytes == 24 + 12 + 24);
  REQUIRE(bloat.causes.size() == 1);
  CHECK(bloat.causes[0].own == TypeId{13});
  CHECK(bloat.causes[0].base == TypeId{5});
  CHECK(bloat.causes[0].text == "STRUCT leaf has 8 bytes, that of the base 4");
  CHECK(bloat.causes[0].types == 3);
  CHECK(bloat.causes[0].bytes == 60);
}

TEST_CASE("bloat: a definition where the base only declares, and what has no excuse") {
  BtfBuilder split(base());
  split.add_composite(Kind::struct_, "declared", 4);  // 10
  split.add_ptr(TypeId{10});
  split.add_composite(Kind::struct_, "holder", 8);  // 12
  split.add_member("d", TypeId{11}, 0);
  split.add_composite(Kind::struct_, "plain", 4);  // 13
  split.add_member("x", TypeId{1}, 0);
  const Bloat bloat = find_bloat(*split.build());
  CHECK(bloat.types == 3);
  REQUIRE(bloat.causes.size() == 2);
  CHECK(bloat.causes[0].text == "PTR (anon) refers to STRUCT declared, that of the base to FWD declared");
  CHECK(bloat.causes[0].types == 2);
  CHECK(bloat.causes[1].text == "no difference, de-duplication missed them");
  CHECK(bloat.causes[1].bytes == 24);
}

TEST_CASE("bloat: a module's own types of a name that the base uses for something else") {
  BtfBuilder split(base());
  split.add_composite(Kind::struct_, "plain", 16);
  split.add(Kind::typedef_, "outer", 1);
  split.add(Kind::func_proto, {}, 0);
  split.add(Kind::func, "plain", 12);
  CHECK(find_bloat(*split.build()).types == 0);
  CHECK(find_bloat(*base()).types == 0);  // a root repeats nothing
}

}  // namespace
}  // namespace btfx
