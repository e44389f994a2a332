#include "emit/dump/dump_raw.h"

#include <string>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::string raw_of(const BtfPtr& btf, unsigned jobs = 1) {
  StringOutput out;
  dump_raw(*btf, TypeSelection::own(*btf), out, jobs);
  return out.text();
}

constexpr const char* all_kinds_text =
    "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
    "[2] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED\n"
    "[3] INT 'long unsigned int' size=8 bits_offset=0 nr_bits=64 encoding=(none)\n"
    "[4] INT '_Bool' size=1 bits_offset=0 nr_bits=8 encoding=BOOL\n"
    "[5] PTR '(anon)' type_id=1\n"
    "[6] PTR '(anon)' type_id=0\n"
    "[7] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=16\n"
    "[8] STRUCT 'point' size=16 vlen=3\n"
    "\t'x' type_id=1 bits_offset=0\n"
    "\t'y' type_id=1 bits_offset=32\n"
    "\t'next' type_id=10 bits_offset=64\n"
    "[9] STRUCT 'bits' size=4 vlen=2\n"
    "\t'low' type_id=1 bits_offset=0 bitfield_size=3\n"
    "\t'high' type_id=1 bits_offset=3 bitfield_size=29\n"
    "[10] PTR '(anon)' type_id=8\n"
    "[11] UNION 'any' size=16 vlen=3\n"
    "\t'number' type_id=3 bits_offset=0\n"
    "\t'text' type_id=7 bits_offset=0\n"
    "\t'(anon)' type_id=8 bits_offset=0\n"
    "[12] ENUM 'color' encoding=UNSIGNED size=4 vlen=2\n"
    "\t'RED' val=0\n"
    "\t'GREEN' val=4294967295\n"
    "[13] ENUM 'sign' encoding=SIGNED size=4 vlen=1\n"
    "\t'MINUS' val=-1\n"
    "[14] FWD 'opaque' fwd_kind=struct\n"
    "[15] FWD 'opaque_union' fwd_kind=union\n"
    "[16] TYPEDEF 'point_t' type_id=8\n"
    "[17] VOLATILE '(anon)' type_id=1\n"
    "[18] CONST '(anon)' type_id=17\n"
    "[19] RESTRICT '(anon)' type_id=5\n"
    "[20] FUNC_PROTO '(anon)' ret_type_id=1 vlen=3\n"
    "\t'where' type_id=10\n"
    "\t'(anon)' type_id=4\n"
    "\t'(anon)' type_id=0\n"
    "[21] FUNC 'move_point' type_id=20 linkage=global\n"
    "[22] VAR 'origin' type_id=16, linkage=global\n"
    "[23] DATASEC '.data' size=20 vlen=1\n"
    "\ttype_id=22 offset=0 size=16 (VAR 'origin')\n"
    "[24] FLOAT 'double' size=8\n"
    "[25] DECL_TAG 'checked' type_id=21 component_idx=0\n"
    "[26] DECL_TAG 'attribute' type_id=8 component_idx=-1\n"
    "[27] TYPE_TAG 'user' type_id=9\n"
    "[28] PTR '(anon)' type_id=27\n"
    "[29] ENUM64 'wide' encoding=SIGNED size=8 vlen=2\n"
    "\t'WIDE_MIN' val=-9223372036854775808LL\n"
    "\t'WIDE_ONE' val=1LL\n"
    "[30] ENUM64 'huge' encoding=UNSIGNED size=8 vlen=1\n"
    "\t'HUGE_MAX' val=18446744073709551615ULL\n";

}  // namespace

TEST_CASE("Every kind has its line in the raw dump") {
  CHECK(raw_of(test::all_kinds().build()) == all_kinds_text);
}

TEST_CASE("A raw dump does not show the byte order of the blob") {
  CHECK(raw_of(test::all_kinds().build(other(native_order))) == all_kinds_text);
}

TEST_CASE("Encodings and linkages that have no word are said to be unknown") {
  BtfBuilder b;
  b.add_int("c", 1, 2);
  b.add_int("odd", 1, 3);
  b.add(Kind::int_, "old_bits", 4, {0x01000000 | 5U << 16 | 3U});
  const TypeId proto = b.add(Kind::func_proto, {}, 0);
  b.add(Kind::func, "f", raw(proto), {}, 0);
  b.add(Kind::func, "g", raw(proto), {}, 2);
  b.add(Kind::func, "h", raw(proto), {}, 3);
  b.add(Kind::var, "v", 1, {7});
  CHECK(raw_of(b.build()) ==
        "[1] INT 'c' size=1 bits_offset=0 nr_bits=8 encoding=CHAR\n"
        "[2] INT 'odd' size=1 bits_offset=0 nr_bits=8 encoding=UNKN\n"
        "[3] INT 'old_bits' size=4 bits_offset=5 nr_bits=3 encoding=SIGNED\n"
        "[4] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
        "[5] FUNC 'f' type_id=4 linkage=static\n"
        "[6] FUNC 'g' type_id=4 linkage=extern\n"
        "[7] FUNC 'h' type_id=4 linkage=(unknown)\n"
        "[8] VAR 'v' type_id=1, linkage=(unknown)\n");
}

TEST_CASE("Without kind_flag the whole offset word is printed") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "s", 4);
  b.add_member("m", int_id, 0x01000020);
  b.add_composite(Kind::struct_, "flagged", 4, true);
  b.add_member("m", int_id, 0x20, 1);
  CHECK(raw_of(b.build()) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 's' size=4 vlen=1\n\t'm' type_id=1 bits_offset=16777248\n"
        "[3] STRUCT 'flagged' size=4 vlen=1\n\t'm' type_id=1 bits_offset=32 bitfield_size=1\n");
}

TEST_CASE("Names go out whole but for what commands a terminal, and an empty one is not an absent one") {
  const std::string long_name(100, 'n');
  const auto fwd = static_cast<std::uint32_t>(Kind::fwd) << 24;
  CHECK(raw_of(Btf::parse(test::blob_of({1, fwd, 0, 7, fwd, 0, 8, fwd, 0, 24, fwd, 0, 24 + 85, fwd, 0},
                                        std::string("\0a'b\n\x80\"\0sixteen_letters\0", 24) + long_name + '\0'))) ==
        R"([1] FWD 'a'b\x0a\x80"' fwd_kind=struct)"
        "\n"
        "[2] FWD '' fwd_kind=struct\n"
        "[3] FWD 'sixteen_letters' fwd_kind=struct\n"
        "[4] FWD '" +
            long_name +
            "' fwd_kind=struct\n"
            "[5] FWD '" +
            std::string(15, 'n') + "' fwd_kind=struct\n");
}

TEST_CASE("Split BTF is dumped without its base, whose names it may use") {
  const BtfPtr base = test::small_base().build();
  CHECK(raw_of(test::small_split(base).build()) ==
        "[5] STRUCT 'split_type' size=16 vlen=2\n"
        "\t'held' type_id=2 bits_offset=0\n"
        "\t'self' type_id=6 bits_offset=64\n"
        "[6] PTR '(anon)' type_id=5\n"
        "[7] FUNC_PROTO '(anon)' ret_type_id=1 vlen=1\n"
        "\t'self' type_id=6\n"
        "[8] FUNC 'split_func' type_id=7 linkage=static\n");
}

TEST_CASE("Listed ids are dumped alone, in the order given, the base's and void among them") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  StringOutput out;
  dump_raw(*split, TypeSelection::listed(*split, {TypeId{6}, void_id, TypeId{2}, TypeId{6}}), out);
  CHECK(out.text() ==
        "[6] PTR '(anon)' type_id=5\n"
        "[0] UNKNOWN '(anon)'\n"
        "[2] STRUCT 'base_type' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0\n"
        "[6] PTR '(anon)' type_id=5\n");
}

TEST_CASE("A record of a kind that only the layout section describes is UNKNOWN with its name") {
  // The header, one type of kind 20 with one fixed word, layout entries for kinds 0 to 20, strings.
  std::vector<std::uint32_t> words{
      BtfHeader::magic | 1U << 16, 32, 0, 16, 16 + 84, 6, 16, 84, 1, 20U << 24, 99, 0xffff};
  for (std::uint32_t kind = 0; kind <= 20; ++kind) words.push_back(kind == 20 ? 4 : 0);
  std::string blob(reinterpret_cast<const char*>(words.data()), words.size() * 4);
  blob += std::string("\0name\0", 6);
  if constexpr (native_order == ByteOrder::little) {
    CHECK(raw_of(Btf::parse(Bytes::copy_of(blob))) == "[1] UNKNOWN 'name'\n");
  }
}

TEST_CASE("The number of threads does not show in a raw dump", "[threads]") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "some_type_" + std::to_string(i);
    b.add_composite(Kind::struct_, name, 4);
    b.add_member(name, int_id, 0);
  }
  const BtfPtr btf = b.build();
  const std::string one = raw_of(btf, 1);
  CHECK(one.size() > 1000000);
  CHECK(one.ends_with("[20001] STRUCT 'some_type_19999' size=4 vlen=1\n\t'some_type_19999' type_id=1 bits_offset=0\n"));
  CHECK(raw_of(btf, 2) == one);
  CHECK(raw_of(btf, 7) == one);
}

TEST_CASE("Text that grows out of all proportion to its BTF is written all the same", "[threads]") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const std::string name(100000, 'x');
  b.add_composite(Kind::struct_, "small", 4);
  b.add_composite(Kind::struct_, "big", 4);
  for (int i = 0; i < 100; ++i) b.add_member(name, int_id, 0);
  b.add(Kind::fwd, "last", 0);
  std::string expected =
      "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
      "[2] STRUCT 'small' size=4 vlen=0\n"
      "[3] STRUCT 'big' size=4 vlen=100\n";
  for (int i = 0; i < 100; ++i) expected += "\t'" + name + "' type_id=1 bits_offset=0\n";
  expected += "[4] FWD 'last' fwd_kind=struct\n";
  CHECK((raw_of(b.build(), 2) == expected));
}

}  // namespace btfx
