#include "btf/btf.h"

#include <cstdint>
#include <string>
#include <vector>

#include "base/batch.h"
#include "btf/names.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

using test::all_kinds;
using test::blob_of;
using test::error_of;
using test::patched;
using test::patched_word;
using test::text_of;

namespace {

constexpr ByteOrder foreign = other(native_order);

std::uint32_t info_word(Kind kind, std::uint32_t vlen = 0, bool flag = false) {
  return InfoWord(kind, vlen, flag).word;
}

/// A header of 40 bytes, 8 of them unknown, before one PTR; a gap of 4 before the strings and trailing bytes after
/// them.
Bytes odd_blob(ByteOrder order, unsigned unknown_byte = 0) {
  Bytes blob =
      assemble_btf(std::vector<std::uint32_t>{0, info_word(Kind::ptr), 1, 0xabababab}, {"\0tail\0", 6}, order, 40);
  blob = patched_word(blob, 12, 12, order);                              // the last word is a gap
  return patched(patched_word(blob, 20, 1, order), 39, {unknown_byte});  // one byte of strings, the rest is behind
}

/// All kinds, then one record of kind 20 with a fixed word and two elements of one word each, and the layout for it.
Bytes all_kinds_and_unknown(ByteOrder order = native_order) {
  BtfBuilder builder = all_kinds();
  std::vector<std::uint32_t> words(builder.words().begin(), builder.words().end());
  words.insert(words.end(), {raw(builder.name("point")), info_word(Kind{20}, 2), 77, 78, 79, 80});
  const auto type_length = static_cast<std::uint32_t>(words.size() * 4);
  words.resize(words.size() + 21);
  words.back() = load<std::uint32_t>(as_bytes(std::string_view("\x04\x04\x00\x00", 4)).data(), order);
  const Bytes blob = assemble_btf(words, builder.strings().bytes(), order);
  return patched_word(patched_word(patched_word(blob, 12, type_length, order), 24, type_length, order), 28, 84, order);
}

}  // namespace

TEST_CASE("Every kind is decoded, in either byte order") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const BtfPtr btf = all_kinds().build(order);
    CHECK(btf->byte_order() == order);
    const auto type = [&](std::uint32_t id) { return btf->type(TypeId{id}); };

    CHECK(type(1).kind() == Kind::int_);
    CHECK(type(1).name() == "int");
    CHECK(type(1).size() == 4);
    CHECK(type(1).int_bits() == 32);
    CHECK(type(1).int_encoding() == 1);
    CHECK(type(1).int_bit_offset() == 0);
    CHECK(type(4).int_encoding() == 4);

    CHECK(raw(type(5).target()) == 1);
    CHECK_FALSE(type(5).is_named());
    CHECK(type(6).target() == void_id);

    CHECK(raw(type(7).element()) == 2);
    CHECK(raw(type(7).index_type()) == 1);
    CHECK(type(7).element_count() == 16);

    CHECK(type(8).kind() == Kind::struct_);
    CHECK(type(8).vlen() == 3);
    CHECK_FALSE(type(8).kind_flag());
    const Member next = type(8).member(2);
    CHECK(btf->string(next.name) == "next");
    CHECK(raw(next.type) == 10);
    CHECK(next.bit_offset == 64);
    CHECK(next.bitfield_size == 0);

    CHECK(type(9).kind_flag());
    CHECK(type(9).member(1).bit_offset == 3);
    CHECK(type(9).member(1).bitfield_size == 29);

    CHECK(btf->string(type(12).enumerator_name(1)) == "GREEN");
    CHECK(type(12).enumerator_value(1) == 0xffffffff);
    CHECK(type(13).enumerator_value(0) == 0xffffffffffffffff);
    CHECK(type(29).enumerator_value(0) == 0x8000000000000000);
    CHECK(btf->string(type(29).enumerator_name(1)) == "WIDE_ONE");
    CHECK(type(30).enumerator_value(0) == 0xffffffffffffffff);

    CHECK_FALSE(type(14).kind_flag());
    CHECK(type(15).kind_flag());

    CHECK(raw(type(20).target()) == 1);
    CHECK(btf->string(type(20).param(0).name) == "where");
    CHECK(raw(type(20).param(0).type) == 10);
    CHECK(type(20).param(2).type == void_id);
    CHECK(type(21).linkage() == 1);
    CHECK(raw(type(21).target()) == 20);
    CHECK(type(22).linkage() == 1);

    CHECK(raw(type(23).entry(0).type) == 22);
    CHECK(type(23).entry(0).offset == 0);
    CHECK(type(23).entry(0).size == 16);

    CHECK(type(25).component() == 0);
    CHECK(type(26).component() == -1);
    CHECK(type(26).kind_flag());
    CHECK(type(27).name() == "user");
  }
}

TEST_CASE("Void is a record of its own in every BTF") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  for (const BtfPtr& btf : {base, split}) {
    const TypeView type = btf->type(void_id);
    CHECK(type.kind() == Kind::unkn);
    CHECK(type.name().empty());
    CHECK(type.words().size() == 3);
    CHECK(btf->contains(void_id));
  }
}

TEST_CASE("Void stays three words long whatever a layout section says of kind 0") {
  // One PTR and one record of kind 0 with eight more bytes, which the layout's first entry describes.
  const Bytes blob =
      assemble_btf(std::vector<std::uint32_t>{0, info_word(Kind::ptr), 0, 0, 0, 9, 10, 11, 0}, {"\0", 1}, native_order);
  const Bytes with_layout =
      patched(patched_word(patched_word(patched_word(blob, 12, 32), 24, 32), 28, 4), 64, {8, 0, 0, 0});
  const BtfPtr btf = Btf::parse(with_layout);
  CHECK(btf->own_types() == 2);
  CHECK(btf->type(TypeId{2}).words().size() == 5);
  CHECK(btf->type(TypeId{2}).size() == 9);
  CHECK(btf->type(void_id).words().size() == 3);
}

TEST_CASE("A record of an unknown kind is kept as it is") {
  const BtfPtr btf = Btf::parse(all_kinds_and_unknown());
  CHECK(btf->own_types() == 31);
  CHECK(btf->has_unknown_kinds());
  const TypeView type = btf->type(TypeId{31});
  CHECK(type.kind() == Kind{20});
  CHECK(type.name() == "point");
  const std::span<const std::uint32_t> words = type.words();
  CHECK(std::vector(words.begin() + 2, words.end()) == std::vector<std::uint32_t>{77, 78, 79, 80});
  CHECK(btf->layout().size() == 21);
  CHECK_FALSE((*all_kinds().build()).has_unknown_kinds());
}

TEST_CASE("Headers of 24, 32 and more bytes are read; unknown bytes are noticed when they are not zero") {
  for (const std::uint32_t length : {24U, 25U, 28U, 31U, 32U, 36U, 40U, 100U}) {
    const Bytes blob = blob_of({0, info_word(Kind::ptr), 0}, {"\0", 1}, native_order, length);
    const BtfPtr btf = Btf::parse(blob);
    CHECK(btf->own_types() == 1);
    CHECK(btf->header().header_length == length);
    CHECK_FALSE(btf->has_unknown_header());
    if (length != 24 && length != 32) CHECK((*Btf::parse(patched(blob, length - 1, {1}))).has_unknown_header());
  }
}

TEST_CASE("Types that are not aligned in memory are read all the same") {
  const Bytes blob = all_kinds().finish();
  std::string shifted = "x" + text_of(blob);
  const Bytes unaligned = Bytes::copy_of(shifted).slice(1, blob.size());
  const BtfPtr btf = Btf::parse(unaligned);
  CHECK(btf->type(TypeId{8}).name() == "point");
  CHECK(text_of(serialise(*btf, native_order)) == text_of(blob));
}

TEST_CASE("A BTF keeps its blob and its base alive") {
  BtfPtr split;
  {
    const BtfPtr base = Btf::parse(Bytes::copy_of(text_of(test::small_base().finish())));
    split = Btf::parse(test::small_split(base).finish(), base);
  }
  CHECK(split->type(TypeId{2}).name() == "base_type");
  CHECK(split->type(TypeId{5}).member(0).type == TypeId{2});
}

TEST_CASE("A blob in its own order is given back byte for byte") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Bytes blob = all_kinds().finish(order);
    CHECK(text_of(serialise(*Btf::parse(blob), order)) == text_of(blob));
    CHECK(text_of(serialise(*Btf::parse(odd_blob(order)), order)) == text_of(odd_blob(order)));
  }
  const Bytes unknown = all_kinds_and_unknown();
  CHECK(text_of(serialise(*Btf::parse(unknown), native_order)) == text_of(unknown));
}

TEST_CASE("Swapping gives what would have been written in that order, and swapping twice the original") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const std::uint32_t header_length : {24U, 32U}) {
      const Bytes blob = all_kinds().finish(order, header_length);
      const Bytes swapped = serialise(*Btf::parse(blob), other(order));
      CHECK(text_of(swapped) == text_of(all_kinds().finish(other(order), header_length)));
      CHECK(text_of(serialise(*Btf::parse(swapped), order)) == text_of(blob));
    }
    const Bytes swapped = serialise(*Btf::parse(odd_blob(order)), other(order));
    CHECK(text_of(serialise(*Btf::parse(swapped), order)) == text_of(odd_blob(order)));
  }
}

TEST_CASE("Swapping a layout section swaps its flags only") {
  const auto blob_in = [](ByteOrder order) {
    const Bytes blob = assemble_btf(std::vector<std::uint32_t>{0, info_word(Kind::ptr), 0, 0}, {"\0", 1}, order);
    const Bytes sized = patched_word(patched_word(patched_word(blob, 12, 12, order), 24, 12, order), 28, 4, order);
    return patched(sized, 44,
                   order == ByteOrder::little ? std::initializer_list<unsigned>{1, 2, 3, 4}
                                              : std::initializer_list<unsigned>{1, 2, 4, 3});
  };
  const BtfPtr little = Btf::parse(blob_in(ByteOrder::little));
  CHECK(little->layout()[0].fixed_bytes == 1);
  CHECK(little->layout()[0].element_bytes == 2);
  CHECK(text_of(serialise(*little, ByteOrder::big)) == text_of(blob_in(ByteOrder::big)));
}

TEST_CASE("What is not understood is not swapped") {
  CHECK(error_of([] { serialise(*Btf::parse(all_kinds_and_unknown()), foreign); }).message ==
        "holds types of unknown kinds, whose byte order cannot be changed");
  const BtfPtr unknown_header = Btf::parse(odd_blob(native_order, 1));
  CHECK(error_of([&] { serialise(*unknown_header, foreign); }).message ==
        "has a header with unknown fields, whose byte order cannot be changed");
  CHECK(text_of(serialise(*unknown_header, native_order)) == text_of(odd_blob(native_order, 1)));
}

TEST_CASE("Base and split may differ in byte order") {
  const BtfPtr base = test::small_base().build(foreign);
  const BtfPtr split = test::small_split(base).build(native_order);
  CHECK(split->byte_order() == native_order);
  CHECK(split->type(split->type(TypeId{5}).member(0).type).name() == "base_type");
}

TEST_CASE("The ELF file tells the pointer size, else the base, else the first long, else it is 8") {
  const auto with_int = [](std::string_view name, std::uint32_t size, const BtfPtr& base = nullptr) {
    BtfBuilder builder = base ? BtfBuilder(base) : BtfBuilder();
    builder.add_int("int", 4);
    builder.add_int(name, size);
    return Btf::parse(builder.finish(), base);
  };
  for (const std::string_view name :
       {"long", "long int", "int long", "unsigned long", "long unsigned", "unsigned long int", "unsigned int long",
        "long unsigned int", "long int unsigned", "int unsigned long", "int long unsigned"}) {
    CHECK((*with_int(name, 4)).pointer_size() == 4);
    CHECK((*with_int(name, 8)).pointer_size() == 8);
    CHECK(guess_pointer_size(*with_int(name, 4)) == 4);
  }
  CHECK((*with_int("long long int", 4)).pointer_size() == 8);
  CHECK((*with_int("long", 2)).pointer_size() == 8);
  CHECK(guess_pointer_size(*with_int("long", 2)) == 0);

  BtfBuilder two;
  two.add_int("long", 16);
  two.add_int("unsigned long", 4);
  two.add_int("long int", 8);
  CHECK((*two.build()).pointer_size() == 4);
  CHECK((*Btf::parse(two.finish(), nullptr, 8)).pointer_size() == 8);

  const BtfPtr small = with_int("long", 4);
  CHECK((*with_int("unsigned long", 8, small)).pointer_size() == 4);
  const BtfPtr told = Btf::parse(BtfBuilder().finish(), nullptr, 4);
  CHECK((*with_int("unsigned long", 8, told)).pointer_size() == 4);
  const BtfPtr silent = with_int("short", 2);
  CHECK((*with_int("unsigned long", 4, silent)).pointer_size() == 4);
  CHECK((*with_int("short", 2, silent)).pointer_size() == 8);
}

TEST_CASE("An ENUM named long, or a typedef, tells no pointer size") {
  BtfBuilder builder;
  builder.add(Kind::enum_, "long", 4);
  builder.add(Kind::float_, "long", 4);
  CHECK((*builder.build()).pointer_size() == 8);
}

TEST_CASE("The index of names can be built from many threads at once", "[threads]") {
  const BtfPtr btf = all_kinds().build();
  std::vector<int> items(16);
  run_batch(
      items, 4, [&](int) { return raw(btf->names().find("point", Kind::struct_)); },
      [](std::uint32_t id) { CHECK(id == 8); });
}

}  // namespace btfx
