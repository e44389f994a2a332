// Every rule by which a blob is refused: a good one with one thing spoiled, and the whole message.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

using test::blob_of;
using test::error_of;
using test::patched;
using test::patched_word;

namespace {

/// What parsing says: "CODE: MESSAGE", or nothing.
std::string refusal(const Bytes& blob, const BtfPtr& base = nullptr) {
  const test::Caught caught = error_of([&] { Btf::parse(blob, base); });
  if (caught.sentence.empty()) return {};
  switch (caught.code) {
    case ErrorCode::truncated:
      return "truncated: " + caught.message;
    case ErrorCode::malformed:
      return "malformed: " + caught.message;
    case ErrorCode::unsupported:
      return "unsupported: " + caught.message;
    case ErrorCode::no_base:
      return "no_base: " + caught.message;
    default:
      return "unexpected: " + caught.message;
  }
}

std::uint32_t word(Kind kind, std::uint32_t vlen = 0, bool flag = false) {
  return InfoWord(kind, vlen, flag).word;
}

constexpr std::string_view no_strings{"\0", 1};
constexpr std::string_view abc{"\0abc\0", 5};

/// One PTR to void: types at 24, strings at 36.
Bytes one_pointer() {
  return blob_of({0, word(Kind::ptr), 0}, no_strings);
}

/// A blob with gaps that a layout section fits into: header of 32, one PTR, 8 bytes of layout, one byte of strings.
Bytes with_layout(std::uint32_t layout_offset = 12, std::uint32_t layout_length = 8) {
  const Bytes blob = blob_of({0, word(Kind::ptr), 0, 0, 0}, no_strings, native_order, 32);
  return patched_word(patched_word(patched_word(blob, 12, 12), 24, layout_offset), 28, layout_length);
}

/// A blob whose layout section describes kinds 0 to 20, with the given entries for kinds 0 and 20.
Bytes with_unknown(const std::vector<std::uint32_t>& types, LayoutEntry void_entry, LayoutEntry entry,
                   ByteOrder order = native_order) {
  std::vector<std::uint32_t> words = types;
  words.resize(types.size() + 21);
  const Bytes blob = assemble_btf(words, abc, order);
  const auto type_length = static_cast<std::uint32_t>(types.size() * 4);
  const Bytes with_lengths =
      patched_word(patched_word(patched_word(blob, 12, type_length, order), 24, type_length, order), 28, 84, order);
  const std::size_t layout = 32 + type_length;
  return patched(patched(with_lengths, layout, {void_entry.fixed_bytes, void_entry.element_bytes}), layout + 80,
                 {entry.fixed_bytes, entry.element_bytes});
}

}  // namespace

TEST_CASE("A blob shorter than a header is cut off") {
  CHECK(refusal(Bytes()) == "truncated: is empty");
  const Bytes blob = one_pointer();
  for (std::size_t length = 1; length < 24; ++length) {
    CHECK(refusal(blob.slice(0, length)) ==
          "truncated: BTF header needs 24 bytes, only " + std::to_string(length) + " are there");
  }
}

TEST_CASE("Without the magic it is no BTF") {
  CHECK(refusal(patched(one_pointer(), 0, {0x7f, 'E'})) ==
        "malformed: offset 0x0: no BTF magic (0x457f instead of 0xeb9f)");
}

TEST_CASE("A header length that is too small or too large is refused, in either order") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Bytes blob = blob_of({0, word(Kind::ptr), 0}, no_strings, order);
    CHECK(refusal(patched_word(blob, 4, 23, order)) == "malformed: offset 0x4: header length 23 is less than 24");
    CHECK(refusal(patched_word(blob, 4, 0, order)) == "malformed: offset 0x4: header length 0 is less than 24");
    CHECK(refusal(patched_word(blob, 4, 38, order)) ==
          "truncated: offset 0x4: header length 38 is more than the 37 bytes that are there");
    CHECK(refusal(patched_word(blob, 4, 0xffffffff, order)) ==
          "truncated: offset 0x4: header length 4294967295 is more than the 37 bytes that are there");
  }
}

TEST_CASE("Strings must end inside the blob, even where the sum does not fit 32 bits") {
  CHECK(refusal(patched_word(one_pointer(), 20, 2)) ==
        "truncated: offset 0x10: strings end at 14 after the header, but only 13 bytes are there");
  CHECK(refusal(patched_word(one_pointer(), 20, 0xffffffff)) ==
        "truncated: offset 0x10: strings end at 4294967307 after the header, but only 13 bytes are there");
}

TEST_CASE("Types must end before the strings") {
  CHECK(refusal(patched_word(one_pointer(), 12, 16)) ==
        "malformed: offset 0xc: types end at 16 after the header, strings start before that, at 12");
  CHECK(refusal(patched_word(one_pointer(), 8, 0xfffffffc)) ==
        "malformed: offset 0xc: types end at 4294967304 after the header, strings start before that, at 12");
}

TEST_CASE("The type section must be aligned within the blob") {
  const Bytes blob = patched_word(patched_word(one_pointer(), 8, 2), 12, 8);
  CHECK(refusal(blob) == "malformed: offset 0x8: type offset 2 is not a multiple of 4");
}

TEST_CASE("A layout section must be aligned and lie between types and strings") {
  CHECK(refusal(with_layout()).empty());
  CHECK(refusal(with_layout(13)) == "malformed: offset 0x18: layout offset 13 is not a multiple of 4");
  CHECK(refusal(with_layout(8)) ==
        "malformed: offset 0x18: layout section [8, 16) does not lie between types and strings");
  CHECK(refusal(with_layout(16)) ==
        "malformed: offset 0x18: layout section [16, 24) does not lie between types and strings");
  CHECK(refusal(with_layout(0xfffffffc)) ==
        "malformed: offset 0x18: layout section [4294967292, 4294967300) does not lie between types and strings");
  CHECK(refusal(with_layout(12, 6)) == "malformed: offset 0x1c: layout length 6 is not a multiple of 4");
  CHECK(refusal(with_layout(0xffffffff, 0)).empty());  // an absent section may be anywhere
}

TEST_CASE("The string section of a root is not empty, begins and ends with NUL") {
  CHECK(refusal(patched_word(one_pointer(), 20, 0)) == "malformed: offset 0x14: string section is empty");
  CHECK(refusal(blob_of({}, {"\0abc", 4})) == "malformed: offset 0x1b: string section does not end with a NUL byte");
  CHECK(refusal(blob_of({}, {"abc\0", 4})) ==
        "no_base: offset 0x18: string section does not begin with a NUL byte: this is split BTF and needs its base "
        "(-B)");
}

TEST_CASE("The string section of a split BTF may be empty and begin with anything, but ends with NUL") {
  const BtfPtr base = test::small_base().build();
  CHECK(refusal(patched_word(one_pointer(), 20, 0), base).empty());
  CHECK(refusal(blob_of({}, {"abc\0", 4}), base).empty());
  CHECK(refusal(blob_of({}, abc), base).empty());
  CHECK(refusal(blob_of({}, {"abc", 3}), base) ==
        "malformed: offset 0x1a: string section does not end with a NUL byte");
}

TEST_CASE("A kind that no layout section describes is refused") {
  for (const std::uint32_t kind : {20U, 31U, 32U, 127U}) {
    const Bytes blob = blob_of({0, word(Kind{static_cast<std::uint8_t>(kind)}), 0}, no_strings);
    CHECK(refusal(blob) == "unsupported: offset 0x18: type 1: kind " + std::to_string(kind) +
                               " is unknown, and no layout section describes it");
  }
  CHECK(refusal(blob_of({0, 0, 0}, no_strings)) ==
        "unsupported: offset 0x18: type 1: kind 0 is unknown, and no layout section describes it");
  CHECK(refusal(with_unknown({0, word(Kind{21}), 0}, {0, 0}, {0, 0})) ==
        "unsupported: offset 0x20: type 1: kind 21 is unknown, and no layout section describes it");
}

TEST_CASE("A layout whose sizes are no multiples of 4 is refused when it is needed") {
  CHECK(refusal(with_unknown({0, word(Kind{20}), 0}, {0, 0}, {2, 0})) ==
        "malformed: offset 0x20: type 1: layout of kind 20 (2 and 0 bytes) is not a multiple of 4");
  CHECK(refusal(with_unknown({0, word(Kind{20}), 0}, {0, 0}, {4, 255})) ==
        "malformed: offset 0x20: type 1: layout of kind 20 (4 and 255 bytes) is not a multiple of 4");
  CHECK(refusal(with_unknown({0, word(Kind::ptr), 0}, {1, 1}, {1, 1})).empty());
}

TEST_CASE("An unknown kind in the foreign byte order is refused, layout or not") {
  const ByteOrder foreign = other(native_order);
  CHECK(refusal(with_unknown({0, word(Kind{20}), 0}, {0, 0}, {0, 0}, foreign)) ==
        "unsupported: offset 0x20: type 1: kind 20 is unknown, so its byte order cannot be changed");
  CHECK(refusal(with_unknown({0, 0, 0}, {0, 0}, {0, 0}, foreign)) ==
        "unsupported: offset 0x20: type 1: kind 0 is unknown, so its byte order cannot be changed");
}

TEST_CASE("A record must not run past the type section") {
  CHECK(refusal(blob_of({0, word(Kind::ptr), 0, 0, word(Kind::int_), 4}, no_strings)) ==
        "malformed: offset 0x24: type 2: INT with vlen 0 needs 16 bytes, only 12 are left");
  CHECK(refusal(blob_of({0, word(Kind::struct_, 2), 0, 0, 0, 0, 0, 0}, no_strings)) ==
        "malformed: offset 0x18: type 1: STRUCT with vlen 2 needs 36 bytes, only 32 are left");
  CHECK(refusal(blob_of({0, word(Kind::enum64, 0xffffff), 0}, no_strings)) ==
        "malformed: offset 0x18: type 1: ENUM64 with vlen 16777215 needs 201326592 bytes, only 12 are left");
  CHECK(refusal(with_unknown({0, word(Kind{20}, 0xffffff), 0}, {0, 0}, {252, 252})) ==
        "malformed: offset 0x20: type 1: UNKNOWN with vlen 16777215 needs 4227858444 bytes, only 12 are left");
}

TEST_CASE("Nothing is left over after the last record") {
  for (const std::uint32_t left : {4U, 8U}) {
    std::vector<std::uint32_t> words{0, word(Kind::ptr), 0};
    words.resize(3 + left / 4);
    CHECK(refusal(assemble_btf(words, no_strings, native_order)) ==
          "malformed: offset 0x2c: type 2: " + std::to_string(left) +
              " bytes are left after the last type, a record needs at least 12");
  }
  // Sections need not end at a multiple of 4 for this to be noticed.
  CHECK(refusal(patched_word(blob_of({0, word(Kind::ptr), 0, 0}, no_strings), 12, 13)) ==
        "malformed: offset 0x24: type 2: 1 bytes are left after the last type, a record needs at least 12");
}

TEST_CASE("Every string offset of every kind is checked") {
  const auto bad_name = [](const std::vector<std::uint32_t>& words, const std::string& place) {
    CHECK(refusal(assemble_btf(words, abc, native_order, 24)) ==
          "malformed: offset " + place + ": type 1: string offset 5 is out of range (strings end at 5)");
  };
  for (const Kind kind : {Kind::int_, Kind::ptr, Kind::array, Kind::struct_, Kind::union_, Kind::enum_, Kind::fwd,
                          Kind::typedef_, Kind::volatile_, Kind::const_, Kind::restrict_, Kind::func_proto, Kind::var,
                          Kind::datasec, Kind::float_, Kind::decl_tag, Kind::type_tag, Kind::enum64}) {
    std::vector<std::uint32_t> words{5, word(kind), 0};
    words.resize(static_cast<std::size_t>(record_words(InfoWord(words[1]))));
    bad_name(words, "0x18");
  }
  bad_name({1, word(Kind::struct_, 2), 0, 1, 0, 0, 5, 0, 0}, "0x30");
  bad_name({1, word(Kind::union_, 1), 0, 5, 0, 0}, "0x24");
  bad_name({1, word(Kind::enum_, 2), 0, 1, 0, 5, 0}, "0x2c");
  bad_name({1, word(Kind::enum64, 2), 0, 1, 0, 0, 5, 0, 0}, "0x30");
  bad_name({1, word(Kind::func_proto, 2), 0, 1, 0, 5, 0}, "0x2c");
  CHECK(refusal(blob_of({4, word(Kind::float_), 4}, abc)).empty());  // the last NUL is a string
  CHECK(refusal(with_unknown({5, word(Kind{20}), 0}, {0, 0}, {0, 0})) ==
        "malformed: offset 0x20: type 1: string offset 5 is out of range (strings end at 5)");
}

TEST_CASE("Every type id of every kind is checked") {
  const auto bad_id = [](const std::vector<std::uint32_t>& words, const std::string& place) {
    CHECK(refusal(assemble_btf(words, no_strings, native_order, 24)) ==
          "malformed: offset " + place + ": type 1: refers to type 2, but the last type is 1");
  };
  for (const Kind kind : {Kind::ptr, Kind::typedef_, Kind::volatile_, Kind::const_, Kind::restrict_, Kind::func,
                          Kind::func_proto, Kind::var, Kind::decl_tag, Kind::type_tag}) {
    std::vector<std::uint32_t> words{0, word(kind), 2};
    words.resize(static_cast<std::size_t>(record_words(InfoWord(words[1]))));
    bad_id(words, "0x20");
  }
  bad_id({0, word(Kind::array), 0, 2, 0, 0}, "0x24");
  bad_id({0, word(Kind::array), 0, 0, 2, 0}, "0x28");
  bad_id({0, word(Kind::struct_, 2), 0, 0, 0, 0, 0, 2, 0}, "0x34");
  bad_id({0, word(Kind::union_, 1), 0, 0, 2, 0}, "0x28");
  bad_id({0, word(Kind::func_proto, 2), 0, 0, 0, 0, 2}, "0x30");
  bad_id({0, word(Kind::datasec, 2), 0, 0, 0, 0, 2, 0, 0}, "0x30");
  // What only looks like an id: sizes, counts, values, and the third word of a FWD.
  for (const Kind kind : {Kind::struct_, Kind::enum_, Kind::float_, Kind::fwd, Kind::datasec, Kind::enum64}) {
    CHECK(refusal(blob_of({0, word(kind), 99}, no_strings)).empty());
  }
  CHECK(refusal(blob_of({0, word(Kind::array), 99, 0, 0, 99}, no_strings)).empty());
}

TEST_CASE("A type may refer to itself and to types after it") {
  CHECK(refusal(blob_of({0, word(Kind::ptr), 1}, no_strings)).empty());
  CHECK(refusal(blob_of({0, word(Kind::ptr), 2, 0, word(Kind::ptr), 1}, no_strings)).empty());
}

TEST_CASE("A function refers to a prototype") {
  CHECK(refusal(blob_of({1, word(Kind::func), 2, 0, word(Kind::ptr), 0}, abc)) ==
        "malformed: offset 0x20: type 1: FUNC refers to type 2, which is a PTR, not a FUNC_PROTO");
  CHECK(refusal(blob_of({1, word(Kind::func), 0}, abc)) ==
        "malformed: offset 0x20: type 1: FUNC refers to type 0, which is a UNKNOWN, not a FUNC_PROTO");
  CHECK(refusal(blob_of({1, word(Kind::func), 2, 0, word(Kind::func_proto), 0}, abc)).empty());
}

TEST_CASE("The first of several faults is reported, by id") {
  CHECK(refusal(blob_of({0, word(Kind::ptr), 0, 9, word(Kind::ptr), 9, 1, word(Kind::func), 0, 0, word(Kind::ptr), 7},
                        abc)) == "malformed: offset 0x24: type 2: string offset 9 is out of range (strings end at 5)");
}

TEST_CASE("A split BTF is checked against the ids and strings of its base as well") {
  const BtfPtr base = test::small_base().build();  // ids 1 to 4, strings of 22 bytes
  const std::uint32_t end = base->string_end();
  CHECK(refusal(blob_of({0, word(Kind::ptr), 5}, ""), base).empty());
  CHECK(refusal(blob_of({0, word(Kind::ptr), 6}, ""), base) ==
        "malformed: offset 0x20: type 5: refers to type 6, but the last type is 5");
  CHECK(refusal(blob_of({end - 1, word(Kind::float_), 4}, ""), base).empty());
  CHECK(refusal(blob_of({end, word(Kind::float_), 4}, ""), base) ==
        "malformed: offset 0x18: type 5: string offset " + std::to_string(end) + " is out of range (strings end at " +
            std::to_string(end) + ")");
  CHECK(refusal(blob_of({end + 1, word(Kind::float_), 4}, {"a\0", 2}), base).empty());
  CHECK(refusal(blob_of({1, word(Kind::func), 3}, ""), base) ==
        "malformed: offset 0x20: type 5: FUNC refers to type 3, which is a PTR, not a FUNC_PROTO");
}

TEST_CASE("A split BTF uses its base's layout section unless it has its own") {
  const BtfPtr base = Btf::parse(with_unknown({1, word(Kind{20}, 1), 7, 8, 9}, {0, 0}, {4, 4}));
  const BtfPtr split = Btf::parse(blob_of({1, word(Kind{20}, 2), 7, 8, 9, 10}, ""), base);
  CHECK(split->has_unknown_kinds());
  CHECK(split->type(TypeId{2}).words().size() == 6);
  CHECK(refusal(blob_of({0, word(Kind{21}), 0}, ""), base) ==
        "unsupported: offset 0x18: type 2: kind 21 is unknown, and no layout section describes it");
  const BtfPtr own = Btf::parse(with_unknown({1, word(Kind{20}, 2), 7}, {0, 0}, {0, 0}), base);
  CHECK(own->type(TypeId{2}).words().size() == 3);
}

}  // namespace btfx
