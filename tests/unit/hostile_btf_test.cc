// Cut and spoiled BTF: either an error that says where, or a BTF that can be read from end to end.
#include <array>
#include <cstddef>
#include <string>

#include "btf/btf.h"
#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/walk.h"

namespace btfx {

namespace {

/// Whether `blob` is refused with a place, or parsed and walked; anything else fails the test.
bool refused(const Bytes& blob, const BtfPtr& base) {
  BtfPtr btf;
  try {
    btf = Btf::parse(blob, base);
  } catch (const Error& error) {
    if (!error.place().offset && error.code() != ErrorCode::truncated) FAIL("no place: " << error.what());
    return true;
  }
  test::walk(*btf);
  return false;
}

void cut_everywhere(const Bytes& blob, const BtfPtr& base) {
  for (std::size_t length = 0; length < blob.size(); ++length) {
    CHECK(refused(test::exact_copy(blob.view().first(length)), base));
  }
  CHECK_FALSE(refused(test::exact_copy(blob.view()), base));
}

/// What each byte is replaced with: by all other values, or by those that differ in one bit and the extremes.
enum class Spoil { all_values, some_values };

void spoil_everywhere(const Bytes& blob, const BtfPtr& base, Spoil how) {
  const ByteView view = blob.view();
  std::size_t refusals = 0;
  std::size_t tries = 0;
  const auto spoil = [&](std::size_t at, std::byte value) {
    if (view[at] == value) return;
    ++tries;
    if (refused(test::patched(blob, at, {std::to_integer<unsigned>(value)}), base)) ++refusals;
  };
  for (std::size_t at = 0; at < blob.size(); ++at) {
    if (how == Spoil::all_values) {
      for (unsigned value = 0; value < 256; ++value) spoil(at, std::byte(value));
      continue;
    }
    for (unsigned bit = 0; bit < 8; ++bit) spoil(at, view[at] ^ std::byte(1U << bit));
    for (const unsigned value : {0x00U, 0x7fU, 0x80U, 0xffU}) spoil(at, std::byte(value));
  }
  // Most of a BTF is numbers that something else depends on; names and sizes may be anything.
  CHECK(refusals > tries / 5);
  CHECK(refusals < tries);
}

}  // namespace

TEST_CASE("A BTF that is cut anywhere is refused") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    cut_everywhere(test::all_kinds().finish(order), nullptr);
    const BtfPtr base = test::small_base().build(order);
    cut_everywhere(test::small_split(base).finish(order, 24), base);
  }
}

TEST_CASE("A BTF with any byte spoiled is refused or can be read from end to end") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    spoil_everywhere(test::all_kinds().finish(order), nullptr,
                     order == native_order ? Spoil::all_values : Spoil::some_values);
    const BtfPtr base = test::small_base().build(order);
    spoil_everywhere(test::small_split(base).finish(order, 24), base, Spoil::some_values);
  }
}

TEST_CASE("Every pair of header words may be anything") {
  const Bytes blob = test::all_kinds().finish();
  const std::array<std::uint32_t, 12> values{0,          1,          4,          12,         24,         0x100,
                                             0x7ffffffc, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffc, 0xffffffff};
  for (std::size_t first = 4; first < 32; first += 4) {
    for (std::size_t second = first + 4; second < 32; second += 4) {
      for (const std::uint32_t a : values) {
        for (const std::uint32_t b : values) {
          refused(test::patched_word(test::patched_word(blob, first, a), second, b), nullptr);
        }
      }
    }
  }
}

TEST_CASE("Names that overlap cannot make much of a small BTF") {
  // A struct for each suffix of one string: the names together are half the square of its length.
  const auto suffixes = [](std::uint32_t count) {
    BtfBuilder btf;
    const std::uint32_t name = raw(btf.name(std::string(count, 'a')));
    for (std::uint32_t i = 0; i < count; ++i) {
      btf.record(btf.add_composite(Kind::struct_, "", 0))[0] = name + i;
    }
    return btf.finish();
  };
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const BtfPtr accepted = Btf::parse(serialise(*Btf::parse(suffixes(5000)), order));
    CHECK(accepted->type(TypeId{5000}).name() == "a");
  }
  try {
    (void)Btf::parse(suffixes(20000));
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(error.sentence() == "names overlap, and together are too long for a BTF of this size");
    // 16 MiB and 64 bytes for each of the blob's 32 + 20000 * 12 + 20002 are used up by 20000 + 19999 + ...
    CHECK(error.place().type_id == 1748U);
    CHECK(error.place().offset == 32U + 1747 * 12);
  }
}

TEST_CASE("Names of split BTF that overlap in its base count as its own") {
  BtfBuilder root;
  root.add_int(std::string(8192, 'a'), 4);
  const BtfPtr base = root.build();
  const auto split = [&](std::uint32_t count) {
    BtfBuilder btf(base);
    for (std::uint32_t i = 0; i < count; ++i) btf.record(btf.add_composite(Kind::struct_, "", 0))[0] = 1;
    return btf.finish();
  };
  const BtfPtr accepted = Btf::parse(split(2000), base);
  CHECK(accepted->own_types() == 2000);
  CHECK_THROWS_AS(Btf::parse(split(4000), base), Error);
}

TEST_CASE("A BTF may be deep, and refer to itself in circles") {
  BtfBuilder builder;
  builder.add_int("int", 4);
  for (std::uint32_t i = 1; i < 100000; ++i) builder.add(Kind::const_, {}, i);
  builder.add(Kind::typedef_, "round", 100001);
  builder.add_composite(Kind::struct_, "holds_itself", 4);
  builder.add_member("me", TypeId{100002}, 0);
  test::walk(*builder.build());
}

}  // namespace btfx
