#include "btf/scan.h"

#include "btf/btf.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "transform/edit/rebase.h"

namespace btfx {

using test::error_of;
using test::patched_word;

TEST_CASE("A scan counts what parsing finds") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Bytes blob = test::all_kinds().finish(order);
    const BtfPtr btf = Btf::parse(blob);
    const BtfScan scan = scan_btf(blob.view());
    CHECK(scan.types == btf->own_types());
    CHECK(scan.order == order);
    CHECK(scan.header.string_length == btf->header().string_length);
    std::uint32_t nuls = 0;
    for (const char c : btf->own_strings()) nuls += c == '\0' ? 1 : 0;
    CHECK(scan.strings == nuls);
  }
}

TEST_CASE("Split BTF is scanned without its base") {
  const BtfPtr base = test::small_base().build();
  const Bytes blob = test::small_split(base).finish();
  CHECK(scan_btf(blob.view()).types == (*Btf::parse(blob, base)).own_types());
}

TEST_CASE("A blob without types or strings has none") {
  const Bytes blob = test::blob_of({}, "");
  const BtfScan scan = scan_btf(blob.view());
  CHECK(scan.types == 0);
  CHECK(scan.strings == 0);
}

TEST_CASE("A scan refuses what it cannot walk, by offset alone: the ids of split BTF are not known") {
  const Bytes good = test::all_kinds().finish();
  const Bytes empty;
  CHECK(error_of([&] { scan_btf(empty.view()); }).message == "is empty");
  const Bytes no_magic = patched_word(good, 0, 0);
  CHECK(error_of([&] { scan_btf(no_magic.view()); }).message == "offset 0x0: no BTF magic (0x0000 instead of 0xeb9f)");
  const Bytes long_record = test::blob_of({0, InfoWord(Kind::struct_, 2, false).word, 8, 0, 0, 0}, {"", 1});
  CHECK(error_of([&] { scan_btf(long_record.view()); }).message ==
        "offset 0x18: STRUCT with vlen 2 needs 36 bytes, only 24 are left");
  const Bytes rest = test::blob_of({0, InfoWord(Kind::ptr, 0, false).word, 0, 0}, {"", 1});
  CHECK(error_of([&] { scan_btf(rest.view()); }).message ==
        "offset 0x24: 4 bytes are left after the last type, a record needs at least 12");
  const Bytes unknown = test::blob_of({0, 20U << 24, 0}, {"", 1});
  CHECK(error_of([&] { scan_btf(unknown.view()); }).message ==
        "offset 0x18: kind 20 is unknown, and no layout section describes it");
}

TEST_CASE("A root that was moved up is known without its base, in both byte orders and on any base") {
  const BtfPtr root = test::small_base().build();
  const BtfPtr all = test::all_kinds().build();
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Bytes on_larger = rebase(*root, *all, order), on_smaller = rebase(*all, *root, order);
    CHECK(is_moved_root(on_larger.view()));
    CHECK(is_moved_root(on_smaller.view()));
    const Bytes as_root = test::all_kinds().finish(order);
    CHECK_FALSE(is_moved_root(as_root.view()));
    const Bytes cut = on_larger.slice(0, on_larger.size() - 1);
    CHECK_FALSE(is_moved_root(cut.view()));
  }
}

TEST_CASE("Wrong numbers alone make no moved root") {
  const auto moved = [](std::initializer_list<std::uint32_t> words, std::string_view strings) {
    const Bytes blob = test::blob_of(words, strings);
    return is_moved_root(blob.view());
  };
  const std::string_view strings("\0int\0f\0", 7);
  const std::uint32_t integer = InfoWord(Kind::int_, 0, false).word, pointer = InfoWord(Kind::ptr, 0, false).word;
  const std::uint32_t function = InfoWord(Kind::func, 0, false).word, encoding = 0x01000020;
  CHECK_FALSE(moved({1, integer, 4, encoding, 5, function, 1}, strings));    // in range, but no prototype
  CHECK_FALSE(moved({1, integer, 4, encoding, 0, pointer, 999}, strings));   // its names stay
  CHECK_FALSE(moved({0, pointer, 999}, strings));                            // has no names
  CHECK_FALSE(moved({5000, integer, 4, encoding}, strings));                 // refers to nothing
  CHECK_FALSE(moved({5000, integer, 4, encoding, 0, pointer, 1}, strings));  // its ids stay
  CHECK_FALSE(moved({5000, integer, 4, encoding, 0, pointer, 999, 0, pointer, 90}, strings));  // too far apart
  CHECK_FALSE(moved({5000, integer, 4, encoding, 5006, integer, 4, encoding, 0, pointer, 999}, strings));
  CHECK(moved({5000, integer, 4, encoding, 5004, integer, 4, encoding, 0, pointer, 999}, strings));
  CHECK(moved({7, integer, 4, encoding, 11, integer, 4, encoding, 0, pointer, 2}, strings));  // on one type
  CHECK_FALSE(moved({}, ""));
}

}  // namespace btfx
