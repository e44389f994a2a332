#include "btf/composite_layout.h"

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

struct Numbers {
  BtfBuilder b;
  TypeId int_ = b.add_int("int", 4, 1);
  TypeId long_ = b.add_int("long", 8, 1);
  TypeId char_ = b.add_int("char", 1, 1);
};

}  // namespace

TEST_CASE("Holes are what lies between members, padding what lies after them") {
  Numbers n;
  const TypeId id = n.b.add_composite(Kind::struct_, "s", 32);
  n.b.add_member("late", n.char_, 32);
  n.b.add_member("l", n.long_, 64);
  n.b.add_member("c", n.char_, 128);
  n.b.add_member("i", n.int_, 160);
  const CompositeLayout layout = layout_of(*n.b.build(), id);
  REQUIRE(layout.members.size() == 4);
  CHECK(layout.first_hole == 4);
  CHECK(layout.members[0].offset == 4);
  CHECK(layout.members[0].size == 1);
  CHECK(layout.members[0].hole == 3);
  CHECK(layout.members[1].hole == 0);
  CHECK(layout.members[2].hole == 3);
  CHECK(layout.holes == 3);
  CHECK(layout.sum_holes == 10);
  CHECK(layout.sum_members == 14);
  CHECK(layout.padding == 8);
  CHECK(layout.bit_holes == 0);
}

TEST_CASE("Bitfields leave bits of their units") {
  Numbers n;
  const TypeId id = n.b.add_composite(Kind::struct_, "s", 16, true);
  n.b.add_member("a", n.int_, 0, 3);
  n.b.add_member("b", n.int_, 5, 4);  // after two bits that nobody uses
  n.b.add_member("c", n.char_, 32);   // after the rest of the unit
  n.b.add_member("d", n.char_, 40, 1);
  n.b.add_member("e", n.int_, 64, 20);
  const CompositeLayout layout = layout_of(*n.b.build(), id);
  CHECK(layout.members[0].bit_hole == 2);
  CHECK(layout.members[1].bit_hole == 23);
  CHECK(layout.members[1].hole == 0);
  CHECK(layout.members[1].bit_offset == 5);
  CHECK(layout.members[1].size == 4);
  CHECK(layout.members[3].offset == 5);
  CHECK(layout.members[3].bit_offset == 0);
  CHECK(layout.members[3].bit_hole == 7);
  CHECK(layout.members[3].hole == 2);
  CHECK(layout.members[4].offset == 8);
  CHECK(layout.bit_holes == 3);
  CHECK(layout.sum_bit_holes == 32);
  CHECK(layout.sum_bitfields == 28);
  CHECK(layout.sum_members == 1);
  CHECK(layout.bit_padding == 12);
  CHECK(layout.padding == 4);
}

TEST_CASE("A union has neither holes nor padding") {
  Numbers n;
  const TypeId id = n.b.add_composite(Kind::union_, "u", 16);
  n.b.add_member("c", n.char_, 0);
  n.b.add_member("l", n.long_, 0);
  const CompositeLayout layout = layout_of(*n.b.build(), id);
  CHECK(layout.holes == 0);
  CHECK(layout.padding == 0);
  CHECK(layout.sum_members == 9);
}

TEST_CASE("Members that overlap or lie outside have no holes of negative size") {
  Numbers n;
  const TypeId id = n.b.add_composite(Kind::struct_, "s", 4);
  n.b.add_member("l", n.long_, 0);
  n.b.add_member("i", n.int_, 32);
  n.b.add_member("far", n.int_, 0xfffffff8);
  n.b.add_member("nothing", void_id, 0);
  const CompositeLayout layout = layout_of(*n.b.build(), id);
  CHECK(layout.members[0].hole == 0);
  CHECK(layout.members[1].hole == 0x1ffffff7);
  CHECK(layout.members[2].hole == 0);
  CHECK(layout.members[3].size == 0);
  CHECK(layout.padding == 4);
}

}  // namespace btfx
