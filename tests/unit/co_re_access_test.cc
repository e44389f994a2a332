#include "transform/co_re/access.h"

#include <string>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

/// An int (1), a char (2), `char[4]` (3), `char[0]` (4), and
///
///     struct inner { int x; };                                                        // 5
///     struct outer { int first; union { struct inner in; char text[4]; }; char more[]; };  // union 6, outer 7
///     typedef const struct outer alias;                                               // 8, 9
///     enum color { RED };                                                             // 10
BtfPtr sample() {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);
  builder.add_int("char", 1, 1);
  builder.add(Kind::array, {}, 0, {2, 1, 4});
  builder.add(Kind::array, {}, 0, {2, 1, 0});
  builder.add_composite(Kind::struct_, "inner", 4);
  builder.add_member("x", TypeId{1}, 0);
  builder.add_composite(Kind::union_, {}, 4);
  builder.add_member("in", TypeId{5}, 0);
  builder.add_member("text", TypeId{3}, 0);
  builder.add_composite(Kind::struct_, "outer", 8);
  builder.add_member("first", TypeId{1}, 0);
  builder.add_member({}, TypeId{6}, 32);
  builder.add_member("more", TypeId{4}, 64);
  builder.add(Kind::const_, {}, 7);
  builder.add(Kind::typedef_, "alias", 8);
  builder.add(Kind::enum_, "color", 4);
  builder.add_enumerator("RED", 3);
  return builder.build();
}

/// The access as the reference and as C would write it, or what is wrong with it.
std::string text_of(CoreKind kind, std::uint32_t root, std::string_view access) {
  const BtfPtr btf = sample();
  const ParsedAccess parsed = parse_core_access(*btf, kind, TypeId{root}, access);
  if (parsed.failure) return std::string(to_string(parsed.failure->reason)) + ": " + parsed.failure->message;
  return core_path(*btf, kind, parsed.access) + " " + core_spec(*btf, kind, parsed.access);
}

std::string field(std::uint32_t root, std::string_view access) {
  return text_of(CoreKind::byte_offset, root, access);
}

}  // namespace

TEST_CASE("Accesses are followed through anonymous members, arrays and names of types") {
  CHECK(field(7, "0:0") == "outer.first <byte_off> [7] struct outer.first (0:0 @ offset 0)");
  CHECK(field(7, "0:1:0:0") == "outer.in.x <byte_off> [7] struct outer.in.x (0:1:0:0 @ offset 4)");
  CHECK(field(7, "0:1:1:3") == "outer.text[3] <byte_off> [7] struct outer.text[3] (0:1:1:3 @ offset 7)");
  CHECK(field(7, "2:1:1") == "outer[2].text <byte_off> [7] struct outer[2].text (2:1:1 @ offset 20)");
  CHECK(field(9, "0:0") == "alias.first <byte_off> [9] typedef alias.first (0:0 @ offset 0)");
  CHECK(field(7, "0:2:9") == "outer.more[9] <byte_off> [7] struct outer.more[9] (0:2:9 @ offset 17)");
  CHECK(field(1, "3") == "int[3] <byte_off> [1] int int[3] (3 @ offset 12)");
  CHECK(text_of(CoreKind::type_size, 9, "0") == "alias <type_size> [9] typedef alias");
  CHECK(text_of(CoreKind::type_exists, 7, "0") == "struct outer <type_exists> [7] struct outer");
  CHECK(text_of(CoreKind::enumerator_value, 10, "0") == "color::RED <enumval_value> [10] enum color::RED = 3");
}

TEST_CASE("Access strings that make no sense are told apart") {
  CHECK(field(7, "") == "bad-access: the access string is empty");
  CHECK(field(7, ":0") == "bad-access: the access string ':0' has no number at position 0");
  CHECK(field(7, "0:") == "bad-access: the access string '0:' has no number at position 2");
  CHECK(field(7, "0: 1") == "bad-access: the access string '0: 1' has no number at position 2");
  CHECK(field(7, "0:-1") == "bad-access: the access string '0:-1' has no number at position 2");
  CHECK(field(7, "0:2147483648") == "bad-access: the access string '0:2147483648' has no number at position 2");
  CHECK(field(7, "0x") == "bad-access: the access string '0x' has 'x' where a colon should be");
  CHECK(field(7, "0:3") == "bad-access: struct outer has no member 3, only 3");
  CHECK(field(7, "0:1:1:4") == "bad-access: char[4] has no element 4");
  CHECK(field(3, "0:4") == "bad-access: char[4] has no element 4");
  CHECK(field(4, "0:0") == "bad-access: char[0] has no element 0");  // not at the end of a struct
  CHECK(field(7, "0:0:0") == "bad-access: number 2 of the access goes into int, which has no parts");
  CHECK(field(7, "2147483647:0") == "bad-access: element 2147483647 of struct outer lies out of reach");
  CHECK(field(0, "0") == "bad-access: void has no size");
  CHECK(text_of(CoreKind::type_size, 7, "1") == "bad-access: the access string of a type is '1' instead of '0'");
  CHECK(text_of(CoreKind::enumerator_value, 7, "0") == "bad-access: struct outer is not an enum");
  CHECK(text_of(CoreKind::enumerator_value, 10, "1") == "bad-access: enum color has no enumerator 1, only 1");
  CHECK(text_of(CoreKind::enumerator_value, 10, "0:0") == "bad-access: the access string of an enumerator is '0:0'");

  std::string long_access = "0";
  for (int i = 0; i < 63; ++i) long_access += ":0";
  CHECK(field(7, long_access) == "bad-access: number 2 of the access goes into int, which has no parts");
  CHECK(field(7, long_access + ":0") == "too-deep: the access string '" + long_access + ":0' has more than 64 numbers");
}

}  // namespace btfx
