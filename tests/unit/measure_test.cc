#include "btf/measure.h"

#include <cstdint>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

TEST_CASE("Sizes follow names, modifiers and arrays") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4);
  const TypeId name = b.add(Kind::typedef_, "number", raw(int_id));
  const TypeId constant = b.add(Kind::const_, {}, raw(name));
  const TypeId array = b.add(Kind::array, {}, 0, {raw(constant), raw(int_id), 3});
  const TypeId arrays = b.add(Kind::array, {}, 0, {raw(array), raw(int_id), 5});
  const TypeId huge = b.add(Kind::array, {}, 0, {raw(arrays), raw(int_id), 0xffffffff});
  const TypeId ptr = b.add_ptr(huge);
  const TypeId fwd = b.add(Kind::fwd, "opaque", 0);
  const TypeId loop = b.add(Kind::const_, {}, raw(fwd) + 1);
  const BtfPtr btf = b.build();
  CHECK(size_of(*btf, int_id) == 4U);
  CHECK(size_of(*btf, constant) == 4U);
  CHECK(size_of(*btf, arrays) == 60U);
  CHECK(size_of(*btf, ptr) == 8U);
  CHECK_FALSE(size_of(*btf, huge).has_value());
  CHECK_FALSE(size_of(*btf, fwd).has_value());
  CHECK_FALSE(size_of(*btf, void_id).has_value());
  CHECK_FALSE(size_of(*btf, loop).has_value());
  CHECK(strip_names(*btf, constant) == int_id);
  CHECK(strip_names(*btf, array) == array);
  CHECK(strip_names(*btf, loop) == loop);
}

TEST_CASE("Alignments follow from how composites are laid out") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1);
  const TypeId long_id = b.add_int("long", 8);
  const TypeId wide = b.add_int("__int128", 16);
  const TypeId plain = b.add_composite(Kind::struct_, "plain", 16);
  b.add_member("c", char_id, 0);
  b.add_member("l", long_id, 64);
  const TypeId packed = b.add_composite(Kind::struct_, "packed", 9);
  b.add_member("c", char_id, 0);
  b.add_member("l", long_id, 8);
  const TypeId odd_size = b.add_composite(Kind::struct_, "odd_size", 9);
  b.add_member("l", long_id, 0);
  const TypeId holder = b.add_composite(Kind::union_, "holder", 16);
  b.add_member("packed", packed, 0);
  b.add_member("plain", plain, 0);
  const TypeId itself = b.add_composite(Kind::struct_, "itself", 8);
  b.add_member("self", itself, 0);
  const BtfPtr btf = b.build();
  Alignments alignments(*btf);
  CHECK(alignments.of(char_id) == 1);
  CHECK(alignments.of(wide) == 8);
  CHECK(alignments.of(plain) == 8);
  CHECK(alignments.of(packed) == 1);
  CHECK(alignments.of(odd_size) == 1);
  CHECK(alignments.of(holder) == 8);
  CHECK(alignments.of(itself) == 0);
  CHECK(alignments.of(void_id) == 0);
}

TEST_CASE("What C lays out otherwise needs to be packed, whatever cannot be told of its other members") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1);
  const TypeId long_id = b.add_int("long", 8);
  const TypeId forward = b.add(Kind::fwd, "unknown", 0);
  const auto with = [&](std::uint32_t size, std::uint32_t offset) {
    const TypeId composite = b.add_composite(Kind::struct_, "s", size);
    b.add_member("c", char_id, 0);
    b.add_member("l", long_id, offset);
    b.add_member("f", forward, 0);
    return composite;
  };
  const TypeId plain = with(16, 64), packed = with(9, 8), odd_size = with(17, 64);
  const TypeId bits = b.add_composite(Kind::struct_, "bits", 8, true);
  b.add_member("b", long_id, 3U << 24 | 5);
  const TypeId itself = b.add_composite(Kind::struct_, "itself", 8);
  for (int i = 0; i < 1000; ++i) b.add_member("self", itself, 0);
  const BtfPtr btf = b.build();
  for (const bool all : {false, true}) {
    Alignments alignments(*btf);
    if (all) alignments.look_at_all();
    CHECK_FALSE(alignments.needs_packed(plain));
    CHECK(alignments.needs_packed(packed));
    CHECK(alignments.needs_packed(odd_size));
    CHECK_FALSE(alignments.needs_packed(bits));
    CHECK_FALSE(alignments.needs_packed(itself));
    CHECK(alignments.of(plain) == 0);
    CHECK(alignments.of(packed) == 1);
    CHECK(alignments.of(bits) == 8);
    CHECK(alignments.of(itself) == 0);
  }
}

TEST_CASE("An alignment that was found stays, however deep in others its type is met again") {
  BtfBuilder b;
  const TypeId long_id = b.add_int("long", 8);
  const TypeId inner = b.add_composite(Kind::struct_, "inner", 8);
  b.add_member("l", long_id, 0);
  std::vector<TypeId> outer;  // from the outermost in, so that looking at the first goes all the way down
  for (std::uint32_t i = 0; i < 2 * max_chain; ++i) {
    outer.push_back(b.add_composite(Kind::struct_, "outer", 8));
    b.add_member("m", i + 1 < 2 * max_chain ? outer.back() + 1 : inner, 0);
    b.add_member("inner", inner, 0);
  }
  const BtfPtr btf = b.build();
  Alignments alignments(*btf);
  alignments.look_at_all();
  CHECK(alignments.of(inner) == 8);
  CHECK(alignments.of(outer.front()) == 0);  // whose members are nested too deeply to be looked at
}

TEST_CASE("Chains of modifiers, typedefs and arrays are followed to their end, and endless ones are left") {
  BtfBuilder b;
  const TypeId target = b.add_composite(Kind::struct_, "s", 4);
  const TypeId name = b.add(Kind::typedef_, "s_t", raw(target));
  const TypeId constant = b.add(Kind::const_, {}, raw(name));
  const TypeId array = b.add(Kind::array, {}, 0, {raw(constant), raw(target), 3});
  const TypeId tagged = b.add(Kind::type_tag, "user", raw(array));
  const TypeId pointer = b.add_ptr(tagged);
  const TypeId loop = b.add(Kind::volatile_, {}, raw(pointer) + 1);
  TypeId last = target;
  for (int i = 0; i < max_chain; ++i) last = b.add(Kind::const_, {}, raw(last));
  const TypeId too_long = b.add(Kind::const_, {}, raw(last));
  const BtfPtr btf = b.build();
  CHECK(strip_modifiers(*btf, tagged) == array);
  CHECK(strip_modifiers(*btf, constant) == name);
  CHECK(strip_modifiers(*btf, name) == name);
  CHECK(strip_to_value(*btf, tagged) == target);
  CHECK(strip_to_value(*btf, pointer) == pointer);
  CHECK(strip_to_value(*btf, void_id) == void_id);
  CHECK(strip_to_value(*btf, loop) == loop);
  CHECK(strip_to_value(*btf, last) == target);
  CHECK(strip_to_value(*btf, too_long) != target);
  CHECK(strip_modifiers(*btf, last) == target);
  CHECK(strip_modifiers(*btf, too_long) != target);
}

}  // namespace btfx
