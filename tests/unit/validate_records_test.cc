#include <cerrno>
#include <string>

#include "btf/builder.h"
#include "btf/kernel_rules/validate.h"
#include "catch.h"

using namespace btfx;

namespace {

constexpr std::uint32_t too_large_id = 0x100000;

/// What the kernel says of the record that `add` puts behind an INT; empty when nothing is wrong with it by itself.
template <typename Add>
std::string line_on(Add&& add) {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  add(b);
  const Bytes blob = b.finish(native_order, BtfHeader::old_length);
  const BtfVerdict verdict = validate_btf(blob.view(), {.path = LoadPath::kernel});
  return verdict.findings.empty() ? std::string() : verdict.findings[0].line;
}

std::string line_on(Kind kind, std::string_view name, std::uint32_t third,
                    std::initializer_list<std::uint32_t> payload = {}, std::uint32_t vlen = 0, bool flag = false) {
  return line_on([&](BtfBuilder& b) { b.add(kind, name, third, payload, vlen, flag); });
}

std::string line_on_words(std::initializer_list<std::uint32_t> words) {
  std::vector<std::uint32_t> all(words);
  const Bytes blob = assemble_btf(all, std::string_view("\0a\0", 3), native_order, BtfHeader::old_length);
  const BtfVerdict verdict = validate_btf(blob.view(), {});
  return verdict.findings.empty() ? std::string() : verdict.findings[0].line;
}

}  // namespace

TEST_CASE("kernel's checks of any record") {
  CHECK(line_on_words({0, 0}) == "[1] meta_left:8 meta_needed:12");
  CHECK(line_on_words({0, 0x02010000, 0}) == "[1] Invalid btf_info:2010000");
  CHECK(line_on_words({0, 0, 0}) == "[1] Invalid kind:0");
  CHECK(line_on_words({0, 20U << 24, 0}) == "[1] Invalid kind:20");
  CHECK(line_on_words({3, 2U << 24, 0}) == "[1] Invalid name_offset:3");
  CHECK(line_on_words({1, 4U << 24 | 2, 8, 0, 0, 0}) == "[1] STRUCT a meta_left:12 meta_needed:24");
  CHECK(line_on_words({0, 1U << 24, 4}) == "[1] INT (anon) meta_left:0 meta_needed:4");
}

TEST_CASE("kernel's checks of INT and FLOAT") {
  CHECK(line_on(Kind::int_, "any thing!", 4, {32}).empty());
  CHECK(line_on(Kind::int_, "i", 4, {32}, 1) == "[2] INT i size=4 bits_offset=0 nr_bits=32 encoding=(none) vlen != 0");
  CHECK(line_on(Kind::int_, "i", 4, {32}, 0, true) ==
        "[2] INT i size=4 bits_offset=0 nr_bits=32 encoding=(none) Invalid btf_info kind_flag");
  CHECK(line_on(Kind::int_, "i", 4, {0x10000020}) == "[2] INT i Invalid int_data:10000020");
  CHECK(line_on(Kind::int_, "i", 16, {0x00010080}) ==
        "[2] INT i size=16 bits_offset=1 nr_bits=128 encoding=(none) nr_bits exceeds 128");
  CHECK(line_on(Kind::int_, "i", 4, {0x04010020}) ==
        "[2] INT i size=4 bits_offset=1 nr_bits=32 encoding=BOOL nr_bits exceeds type_size");
  CHECK(line_on(Kind::int_, "i", 4, {0x03000020}) ==
        "[2] INT i size=4 bits_offset=0 nr_bits=32 encoding=UNKN Unsupported encoding");
  CHECK(line_on(Kind::float_, "any thing!", 12).empty());
  CHECK(line_on(Kind::float_, "f", 3) == "[2] FLOAT f size=3 Invalid type_size");
  CHECK(line_on(Kind::float_, "f", 4, {}, 1) == "[2] FLOAT f size=4 vlen != 0");
  CHECK(line_on(Kind::float_, "f", 4, {}, 0, true) == "[2] FLOAT f size=4 Invalid btf_info kind_flag");
}

TEST_CASE("kernel's checks of pointers, modifiers and typedefs") {
  CHECK(line_on(Kind::ptr, "p", 1) == "[2] PTR p type_id=1 Invalid name");
  CHECK(line_on(Kind::const_, "", 1, {}, 1) == "[2] CONST (anon) type_id=1 vlen != 0");
  CHECK(line_on(Kind::volatile_, "", 1, {}, 0, true) == "[2] VOLATILE (anon) type_id=1 Invalid btf_info kind_flag");
  CHECK(line_on(Kind::restrict_, "", too_large_id) == "[2] RESTRICT (anon) type_id=1048576 Invalid type_id");
  CHECK(line_on(Kind::typedef_, "", 1) == "[2] TYPEDEF (anon) type_id=1 Invalid name");
  CHECK(line_on(Kind::typedef_, "a-b", 1) == "[2] TYPEDEF a-b type_id=1 Invalid name");
  CHECK(line_on(Kind::typedef_, ".a_9", 1).empty());
  CHECK(line_on(Kind::type_tag, "any thing!", 1, {}, 0, true).empty());
  CHECK(line_on(Kind::type_tag, "", 1) == "[2] TYPE_TAG (anon) type_id=1 Invalid name");
}

TEST_CASE("kernel's checks of FWD and ARRAY") {
  CHECK(line_on(Kind::fwd, "f", 1) == "[2] FWD f struct type != 0");
  CHECK(line_on(Kind::fwd, "", 0, {}, 0, true) == "[2] FWD (anon) union Invalid name");
  CHECK(line_on(Kind::fwd, "f", 0, {}, 3) == "[2] FWD f struct vlen != 0");
  CHECK(line_on(Kind::array, "a", 0, {1, 1, 2}) == "[2] ARRAY a type_id=1 index_type_id=1 nr_elems=2 Invalid name");
  CHECK(line_on(Kind::array, "", 4, {1, 1, 2}) == "[2] ARRAY (anon) type_id=1 index_type_id=1 nr_elems=2 size != 0");
  CHECK(line_on(Kind::array, "", 0, {0, 1, 2}) == "[2] ARRAY (anon) type_id=0 index_type_id=1 nr_elems=2 Invalid elem");
  CHECK(line_on(Kind::array, "", 0, {1, too_large_id, 2}) ==
        "[2] ARRAY (anon) type_id=1 index_type_id=1048576 nr_elems=2 Invalid index");
}

TEST_CASE("kernel's checks of STRUCT and UNION") {
  const auto with_member = [](Kind kind, std::string_view name, std::uint32_t type, std::uint32_t offset) {
    return line_on([&](BtfBuilder& b) {
      b.add_composite(kind, "s", 8);
      b.add_member("first", TypeId{1}, 8);
      b.add_member(name, TypeId{type}, offset);
    });
  };
  CHECK(with_member(Kind::struct_, "", 1, 64).empty());
  CHECK(line_on(Kind::struct_, "a b", 4) == "[2] STRUCT a b size=4 vlen=0 Invalid name");
  CHECK(with_member(Kind::struct_, "1", 1, 32) == "\t1 type_id=1 bits_offset=32 Invalid name");
  CHECK(with_member(Kind::struct_, "m", 0, 32) == "\tm type_id=0 bits_offset=32 Invalid type_id");
  CHECK(with_member(Kind::struct_, "m", 1, 7) == "\tm type_id=1 bits_offset=7 Invalid member bits_offset");
  CHECK(with_member(Kind::union_, "m", 1, 0) == "\tfirst type_id=1 bits_offset=8 Invalid member bits_offset");
  CHECK(with_member(Kind::struct_, "m", 1, 65) ==
        "\tm type_id=1 bits_offset=65 Member bits_offset exceeds its struct size");
  CHECK(line_on([](BtfBuilder& b) {
          b.add_composite(Kind::struct_, "s", 8, true);
          b.add_member("bit", TypeId{1}, 65, 3);
        }) == "\tbit type_id=1 bitfield_size=3 bits_offset=65 Member bits_offset exceeds its struct size");
  CHECK(line_on_words({0, 4U << 24 | 1, 8, 77, 1, 0}) ==
        "\t(invalid-name-offset) type_id=1 bits_offset=0 Invalid member name_offset:77");
}

TEST_CASE("kernel's checks of ENUM and ENUM64") {
  CHECK(line_on(Kind::enum_, "e", 3) == "[2] ENUM e size=3 vlen=0 Unexpected size");
  CHECK(line_on(Kind::enum64, "1e", 8) == "[2] ENUM64 1e size=8 vlen=0 Invalid name");
  CHECK(line_on([](BtfBuilder& b) {
          b.add(Kind::enum_, "e", 4);
          b.add_enumerator("", 1);
        }) == "[2] ENUM e size=4 vlen=1 Invalid name");
  CHECK(line_on_words({0, 19U << 24 | 1, 8, 9, 0, 0}) == "\tInvalid name_offset:9");
}

TEST_CASE("kernel's checks of functions and variables") {
  CHECK(line_on(Kind::func_proto, "f", 0) == "[2] FUNC_PROTO f return=0 args=(void) Invalid name");
  CHECK(line_on([](BtfBuilder& b) {
          b.add(Kind::func_proto, "", 1, {}, 0, true);
          b.add_param("", void_id);
        }) == "[2] FUNC_PROTO (anon) return=1 args=(vararg) Invalid btf_info kind_flag");
  CHECK(line_on(Kind::func, "", 1) == "[2] FUNC (anon) type_id=1 Invalid name");
  CHECK(line_on(Kind::func, "f", 1, {}, 2) == "[2] FUNC f type_id=1 Invalid func linkage");
  CHECK(line_on(Kind::func, "f", 1, {}, 1, true) == "[2] FUNC f type_id=1 Invalid btf_info kind_flag");
  CHECK(line_on(Kind::var, "v", 0, {1}) == "[2] VAR v type_id=0 linkage=1 Invalid type_id");
  CHECK(line_on(Kind::var, "v", 1, {2}) == "[2] VAR v type_id=1 linkage=2 Linkage not supported");
  CHECK(line_on(Kind::var, "", 1, {0}) == "[2] VAR (anon) type_id=1 linkage=0 Invalid name");
}

TEST_CASE("kernel's checks of DATASEC") {
  const auto with_entry = [](std::uint32_t type, std::uint32_t offset, std::uint32_t size) {
    return line_on([&](BtfBuilder& b) {
      b.add(Kind::datasec, ".data", 32);
      b.add_entry(TypeId{1}, 4, 4);
      b.add_entry(TypeId{type}, offset, size);
    });
  };
  CHECK(with_entry(1, 8, 24).empty());
  CHECK(line_on(Kind::datasec, ".data", 0) == "[2] DATASEC .data size=0 vlen=0 size == 0");
  CHECK(line_on(Kind::datasec, "", 1) == "[2] DATASEC (anon) size=1 vlen=0 Invalid name");
  CHECK(line_on(Kind::datasec, "any thing!", 1).empty());
  CHECK(line_on(Kind::datasec, "tab\t", 1) == "[2] DATASEC tab\t size=1 vlen=0 Invalid name");
  CHECK(with_entry(0, 8, 4) == "\t type_id=0 offset=8 size=4 Invalid type_id");
  CHECK(with_entry(1, 7, 4) == "\t type_id=1 offset=7 size=4 Invalid offset");
  CHECK(with_entry(1, 32, 4) == "\t type_id=1 offset=32 size=4 Invalid offset");
  CHECK(with_entry(1, 8, 0) == "\t type_id=1 offset=8 size=0 Invalid size");
  CHECK(with_entry(1, 8, 25) == "\t type_id=1 offset=8 size=25 Invalid offset+size");
}

TEST_CASE("kernel's checks of DECL_TAG") {
  CHECK(line_on(Kind::decl_tag, "any thing!", 1, {0xffffffff}).empty());
  CHECK(line_on(Kind::decl_tag, "", 1, {0}) == "[2] DECL_TAG (anon) type=1 component_idx=0 Invalid value");
  CHECK(line_on(Kind::decl_tag, "t", 1, {0xfffffffe}) ==
        "[2] DECL_TAG t type=1 component_idx=-2 Invalid component_idx");
  CHECK(line_on(Kind::decl_tag, "t", 1, {0}, 1) == "[2] DECL_TAG t type=1 component_idx=0 vlen != 0");
}

TEST_CASE("records past the room for types are dropped, with one finding", "[slow]") {
  std::vector<std::uint32_t> words;
  for (std::uint32_t i = 0; i < 0x100001; ++i) words.insert(words.end(), {0, InfoWord(Kind::ptr, 0, false).word, 0});
  const Bytes blob = assemble_btf(words, std::string_view("", 1), native_order, BtfHeader::old_length);
  const BtfVerdict verdict = validate_btf(blob.view(), {});
  CHECK(verdict.ok());
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0].rule == BtfRule::too_many_types);
  CHECK(verdict.findings[0].type == TypeId{0xfffff});
  CHECK(verdict.findings[0].line == "Exceeded max num of types");
}
