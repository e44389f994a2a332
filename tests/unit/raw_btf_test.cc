#include "btf/raw_btf.h"

#include "base/error.h"
#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

using namespace test;

TEST_CASE("raw: the same records and strings as a parsed BTF, in either order") {
  const BtfPtr base = small_base().build();
  const ByteOrder order = GENERATE(ByteOrder::little, ByteOrder::big);
  const Bytes blob = small_split(base).finish(order);
  const BtfPtr parsed = Btf::parse(blob, base);
  const RawBtf raw = RawBtf::read(blob.view(), base.get());
  const RawBtf of_parsed = RawBtf::of(parsed);
  CHECK(raw.first_id() == 5);
  CHECK(raw.end_id() == 9);
  CHECK(of_parsed.end_id() == 9);
  CHECK(raw.string_start() == base->string_end());
  for (std::uint32_t id = 1; id < raw.end_id(); ++id) {
    const auto words = parsed->type(TypeId{id}).words();
    REQUIRE(raw.record(id));
    CHECK(std::equal(words.begin(), words.end(), raw.record(id)->words));
    CHECK(std::equal(words.begin(), words.end(), of_parsed.record(id)->words));
  }
  CHECK(raw.record(0)->kind() == Kind::unkn);
  CHECK_FALSE(raw.record(9));
  CHECK(raw.string(raw.record(5)->name()) == "split_type");
  CHECK(raw.string(raw.record(5)->name(), 5) == "split");
  CHECK(raw.string(raw.record(2)->name()) == "base_type");
  CHECK_FALSE(raw.has_string(parsed->string_end()));
  CHECK(raw.has_string(parsed->string_end() - 1));
}

TEST_CASE("raw: a blob is read as far as its records go, on whatever address") {
  BtfBuilder b;
  b.add_int("int", 4);
  b.add(Kind::const_, {}, 77);
  b.add_composite(Kind::struct_, "s", 4);
  b.add_member("m", TypeId{1}, 0);
  const Bytes blob = b.finish(native_order, BtfHeader::old_length);
  const Bytes overlong = patched_word(blob, 24 + 28 + 4, InfoWord(Kind::struct_, 9, false).word);
  const RawBtf raw = RawBtf::read(overlong.view(), nullptr);
  CHECK(raw.end_id() == 3);
  CHECK(raw.record(2)->size_or_type() == 77);

  std::vector<std::byte> shifted(1);
  shifted.insert(shifted.end(), blob.view().begin(), blob.view().end());
  const RawBtf unaligned = RawBtf::read(ByteView(shifted).subspan(1), nullptr);
  CHECK(unaligned.end_id() == 4);
  CHECK(unaligned.string(unaligned.record(3)->element(0)[0]) == "m");
  CHECK(error_of([&] { RawBtf::read(blob.view().first(30), nullptr); }).code == ErrorCode::truncated);
}

TEST_CASE("raw: the offset word of a member") {
  const MemberPlace plain(0x03000008, false), field(0x03000008, true);
  CHECK(plain.bit_offset == 0x03000008);
  CHECK(plain.bitfield_size == 0);
  CHECK(field.bit_offset == 8);
  CHECK(field.bitfield_size == 3);
}

}  // namespace
}  // namespace btfx
