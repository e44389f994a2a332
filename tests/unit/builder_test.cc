#include "btf/builder.h"

#include <array>
#include <string>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

using test::error_of;
using test::text_of;

TEST_CASE("A finished BTF is written as header, types, strings, without gaps") {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);
  CHECK(text_of(builder.finish(ByteOrder::little, 24)) == std::string("\x9f\xeb\x01\x00\x18\x00\x00\x00"
                                                                      "\x00\x00\x00\x00\x10\x00\x00\x00"
                                                                      "\x10\x00\x00\x00\x05\x00\x00\x00"
                                                                      "\x01\x00\x00\x00\x00\x00\x00\x01"
                                                                      "\x04\x00\x00\x00\x20\x00\x00\x01"
                                                                      "\x00int\x00",
                                                                      45));
  CHECK(text_of(builder.finish(ByteOrder::big, 32)) == std::string("\xeb\x9f\x01\x00\x00\x00\x00\x20"
                                                                   "\x00\x00\x00\x00\x00\x00\x00\x10"
                                                                   "\x00\x00\x00\x10\x00\x00\x00\x05"
                                                                   "\x00\x00\x00\x00\x00\x00\x00\x00"
                                                                   "\x00\x00\x00\x01\x01\x00\x00\x00"
                                                                   "\x00\x00\x00\x04\x01\x00\x00\x20"
                                                                   "\x00int\x00",
                                                                   53));
}

TEST_CASE("What was built parses again to the same records, in either order") {
  const BtfBuilder builder = test::all_kinds();
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const std::uint32_t header_length : {24U, 32U}) {
      const Bytes blob = builder.finish(order, header_length);
      const BtfPtr btf = Btf::parse(blob);
      CHECK(btf->byte_order() == order);
      CHECK(btf->header().header_length == header_length);
      CHECK(btf->own_types() == 30);
      CHECK(btf->own_strings() == builder.strings().bytes());
      const std::span<const std::uint32_t> words = btf->own_words();
      BtfBuilder again;
      again.strings() = builder.strings();
      for (TypeId id = btf->first_id(); id != btf->end_id(); ++id) again.add(btf->type(id).words());
      CHECK(std::vector(words.begin(), words.end()) == std::vector(again.words().begin(), again.words().end()));
      CHECK(text_of(again.finish(order, header_length)) == text_of(blob));
    }
  }
}

TEST_CASE("Copying every type of a BTF gives the same BTF") {
  const Bytes blob = test::all_kinds().finish();
  const BtfPtr btf = Btf::parse(blob);
  BtfBuilder copy;
  for (TypeId id = btf->first_id(); id != btf->end_id(); ++id) CHECK(copy.copy(btf->type(id)) == id);
  CHECK(text_of(copy.finish()) == text_of(blob));
}

TEST_CASE("Names of copied types are taken along from whichever BTF holds them") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  BtfBuilder root;
  root.copy(split->type(TypeId{2}));
  root.copy(split->type(TypeId{5}));
  const std::string_view names = root.strings().bytes();
  CHECK(names == std::string("\0base_type\0a\0split_type\0held\0self\0", 34));
}

TEST_CASE("A split BTF continues the ids and strings of its base, at any depth") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  CHECK(raw(split->first_id()) == 5);
  CHECK(split->string_start() == base->string_end());

  BtfBuilder third(split);
  CHECK(third.first_id() == split->end_id());
  third.add(Kind::typedef_, "third_t", 5);
  third.add(Kind::typedef_, "held_t", 2);
  const BtfPtr top = third.build();
  CHECK(top->type(TypeId{9}).name() == "third_t");
  CHECK(top->type(top->type(TypeId{9}).target()).name() == "split_type");
  CHECK(top->type(top->type(TypeId{10}).target()).name() == "base_type");
  CHECK(top->string(StringOffset{1}) == "int");
  CHECK(top->string(StringOffset{split->string_start()}) == "split_type");
  CHECK(top->string(StringOffset{0}).empty());
}

TEST_CASE("A record is rewritten in place") {
  BtfBuilder builder = test::small_base();
  builder.record(TypeId{3})[2] = 1;
  CHECK(raw((*builder.build()).type(TypeId{3}).target()) == 1);
  CHECK(builder.record(TypeId{4}).size() == 4);
  CHECK_THROWS(builder.record(TypeId{5}));
}

TEST_CASE("Records whose length or kind cannot be written are refused") {
  BtfBuilder builder;
  const auto add = [&](std::vector<std::uint32_t> words) { return error_of([&] { builder.add(words); }); };
  const std::string wrong_length = "type 1: record length does not fit its kind and vlen";
  CHECK(add({0, InfoWord(Kind::ptr, 0, false).word}).message == wrong_length);
  CHECK(add({0, InfoWord(Kind::ptr, 0, false).word, 0, 0}).message == wrong_length);
  CHECK(add({0, InfoWord(Kind::struct_, 1, false).word, 0}).message == wrong_length);
  CHECK(add({0, 0, 0}).message == wrong_length);
  CHECK(add({0, InfoWord(Kind{20}, 0, false).word, 0}).message == "type 1: types of unknown kinds cannot be written");
  CHECK(raw(builder.end_id()) == 1);
  CHECK(builder.words().empty());
}

TEST_CASE("A record has at most as many elements as its vlen can tell") {
  BtfBuilder builder;
  builder.add_composite(Kind::struct_, "s", 4);
  builder.record(TypeId{1})[1] = InfoWord(Kind::struct_, InfoWord::max_vlen, false).word;
  CHECK(error_of([&] { builder.add_member("m", void_id, 0); }).message == "too many elements in one type");
}

TEST_CASE("A builder without types makes a BTF without types") {
  const BtfPtr empty = BtfBuilder().build();
  CHECK(empty->own_types() == 0);
  CHECK(empty->own_strings() == std::string(1, '\0'));
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = BtfBuilder(base).build();
  CHECK(split->own_types() == 0);
  CHECK(split->own_strings().empty());
  CHECK(split->type(TypeId{2}).name() == "base_type");
}

}  // namespace btfx
