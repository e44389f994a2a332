#include "btf/composite_layout.h"

#include <algorithm>
#include <random>
#include <string>

#include "btf/load.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

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
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
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
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
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
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
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
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
  CHECK(layout.members[0].hole == 0);
  CHECK(layout.members[1].hole == 0x1ffffff7);
  CHECK(layout.members[2].hole == 0);
  CHECK(layout.members[3].size == 0);
  CHECK(layout.padding == 0);  // members lie behind the end
}

namespace {

/// Bits of members, holes and padding against those of the struct.
bool adds_up(const CompositeLayout& layout, std::uint64_t size) {
  return 8 * layout.sum_members + layout.sum_bitfields + 8 * layout.sum_holes + layout.sum_bit_holes +
             8 * std::uint64_t{layout.padding} + layout.bit_padding ==
         8 * size + layout.overlap + layout.outside;
}

}  // namespace

TEST_CASE("Packed bitfields that straddle their unit leave bits of their last byte") {
  Numbers n;
  const TypeId straddling = n.b.add_composite(Kind::struct_, "s", 13, true);
  n.b.add_member("a", n.long_, 0, 4);
  n.b.add_member("b", n.long_, 4, 61);
  n.b.add_member("c", n.int_, 72);
  const TypeId tail = n.b.add_composite(Kind::struct_, "tail", 9, true);
  n.b.add_member("a", n.long_, 0, 4);
  n.b.add_member("b", n.long_, 4, 61);
  const TypeId byte_end = n.b.add_composite(Kind::struct_, "byte_end", 9, true);  // nothing is left of the byte
  n.b.add_member("a", n.int_, 0, 20);
  n.b.add_member("b", n.int_, 20, 20);
  n.b.add_member("c", n.int_, 40);
  const TypeId far = n.b.add_composite(Kind::struct_, "far", 16, true);  // whole bytes after the rest of one
  n.b.add_member("a", n.int_, 0, 20);
  n.b.add_member("b", n.int_, 20, 18);
  n.b.add_member("c", n.long_, 64);
  const BtfPtr btf = n.b.build();
  const CompositeLayouts layouts(*btf);
  CHECK(layouts.of(straddling).members[1].bit_hole == 7);
  CHECK(layouts.of(straddling).holes == 0);
  CHECK(layouts.of(straddling).sum_bit_holes == 7);
  CHECK(layouts.of(tail).padding == 0);
  CHECK(layouts.of(tail).bit_padding == 7);
  CHECK(layouts.of(byte_end).holes + layouts.of(byte_end).bit_holes == 0);
  CHECK(layouts.of(far).members[1].bit_hole == 2);
  CHECK(layouts.of(far).members[1].hole == 3);
}

TEST_CASE("Members out of the order of their offsets have the holes that are there in memory") {
  Numbers n;
  const TypeId id = n.b.add_composite(Kind::struct_, "s", 24);
  n.b.add_member("flag", n.char_, 64);
  n.b.add_member("w", n.long_, 0);
  n.b.add_member("i", n.int_, 128);
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
  CHECK_FALSE(layout.in_order);
  CHECK(layout.first_hole == 0);
  CHECK(layout.members[0].hole == 7);
  CHECK(layout.members[1].hole == 0);
  CHECK(layout.padding == 4);
  CHECK(layout.overlap == 0);
  CHECK(adds_up(layout, 24));
}

TEST_CASE("What overlaps, and what lies outside, is counted in bits") {
  Numbers n;
  const TypeId id = n.b.add_composite(Kind::struct_, "s", 8, true);
  n.b.add_member("l", n.int_, 0);
  n.b.add_member("b", n.int_, 28, 6);
  n.b.add_member("i", n.int_, 48);
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
  CHECK(layout.in_order);
  CHECK(layout.overlap == 4);
  CHECK(layout.outside == 16);
  CHECK(adds_up(layout, 8));
}

TEST_CASE("Padding inside members and alignment by attribute are counted as pahole counts them") {
  Numbers n;
  const TypeId inner = n.b.add_composite(Kind::struct_, "inner", 8);
  n.b.add_member("i", n.int_, 0);
  n.b.add_member("c", n.char_, 32);
  const TypeId alias = n.b.add(Kind::typedef_, "inner_t", raw(inner));
  const TypeId id = n.b.add_composite(Kind::struct_, "s", 192);
  n.b.add_member("one", inner, 0);
  n.b.add_member("two", alias, 64);      // by a typedef: pahole does not look through it
  n.b.add_member("eight", n.int_, 192);  // 8 bytes after the end of the one before: aligned to 16, were it at 16
  n.b.add_member("line", n.int_, 512);
  n.b.add_member("sixteen", n.long_, 640);
  const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
  CHECK(layout.members[0].padding == 3);
  CHECK(layout.paddings == 1);
  CHECK(layout.sum_paddings == 3);
  CHECK(layout.members[2].alignment == 0);
  CHECK(layout.members[3].alignment == 64);
  CHECK(layout.members[4].alignment == 16);
  CHECK(layout.forced_alignments == 2);
  CHECK(layout.forced_holes == 2);
  CHECK(layout.sum_forced_holes == 36 + 12);
}

TEST_CASE("Members, holes and padding add up to the size of any struct") {
  std::mt19937 random(20260514);  // NOLINT(cert-msc51-cpp): the same structs in each run
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  for (int round = 0; round < 2000; ++round) {
    Numbers n;
    const TypeId types[] = {n.char_, n.int_, n.long_};
    const std::uint32_t sizes[] = {1, 4, 8};
    const std::uint32_t size = below(40);
    const TypeId id = n.b.add_composite(Kind::struct_, "s", size, true);
    std::uint32_t at = 0;
    const bool in_order = below(3) != 0;
    for (std::uint32_t i = 0, count = below(8); i < count; ++i) {
      const std::uint32_t which = below(3), bits = below(2) == 0 ? 0 : 1 + below(8 * sizes[which]);
      if (!in_order) at = below(320);
      at += below(4) == 0 ? below(70) : 0;
      if (bits == 0) at = (at + 7) / 8 * 8;
      n.b.add_member("m" + std::to_string(i), types[which], at, bits);
      at += bits == 0 ? 8 * sizes[which] : bits;
    }
    const CompositeLayout layout = CompositeLayouts(*n.b.build()).of(id);
    INFO("round " << round);
    CHECK(adds_up(layout, size));
  }
}

TEST_CASE("Members, holes and padding add up to the size of every struct of a kernel") {
  const BtfPtr kernel = load_base(test::data_path("vmlinux-6.12.117.btf.xz"));
  const CompositeLayouts layouts(*kernel);
  std::uint32_t structs = 0, wrong = 0;
  for (TypeId id{1}; id != kernel->end_id(); ++id) {
    const TypeView type = kernel->type(id);
    if (type.kind() != Kind::struct_) continue;
    ++structs;
    if (!adds_up(layouts.of(id), type.size())) ++wrong;
  }
  CHECK(structs == 9'910);
  CHECK(wrong == 0);
}

}  // namespace btfx
