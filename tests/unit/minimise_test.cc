#include "transform/edit/minimise.h"

#include <array>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"

namespace btfx {
namespace {

using test::error_of;
using test::raw_text;

}  // namespace

TEST_CASE("What is kept is what the roots reach, members of named structs included") {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);                      // 1
  builder.add_int("unused", 4, 1);                   // 2
  builder.add_composite(Kind::struct_, "inner", 4);  // 3
  builder.add_member("x", TypeId{1}, 0);
  builder.add_ptr(TypeId{3});                        // 4
  builder.add_composite(Kind::struct_, "outer", 8);  // 5
  builder.add_member("p", TypeId{4}, 0);
  builder.add(Kind::var, "unused_variable", 5, {0});  // 6
  const BtfPtr btf = builder.build();
  const std::array roots{TypeId{5}};
  const BtfPtr small = Btf::parse(minimise(*btf, roots));
  CHECK(raw_text(*small) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'inner' size=4 vlen=1\n\t'x' type_id=1 bits_offset=0\n"
        "[3] PTR '(anon)' type_id=2\n"
        "[4] STRUCT 'outer' size=8 vlen=1\n\t'p' type_id=3 bits_offset=0\n");
  CHECK(small->own_strings() == std::string_view("\0int\0inner\0x\0outer\0p\0", 21));
}

TEST_CASE("A split BTF and what it needs of its base become a root") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder split(base);
  split.add(Kind::const_, {}, 3);      // a pointer to base_type
  split.add(Kind::fwd, "foreign", 4);  // with a compiler's leftover
  const BtfPtr btf = split.build();
  const std::array roots{TypeId{5}, TypeId{6}};
  const BtfPtr small = Btf::parse(minimise(*btf, roots, ByteOrder::big));
  CHECK(small->byte_order() == ByteOrder::big);
  CHECK(raw_text(*small) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'base_type' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0\n"
        "[3] PTR '(anon)' type_id=2\n"
        "[4] CONST '(anon)' type_id=3\n"
        "[5] FWD 'foreign' fwd_kind=struct\n");
  CHECK(small->type(TypeId{5}).words()[2] == 0);
}

TEST_CASE("Everything keeps everything, and nothing keeps nothing") {
  const BtfPtr btf = test::all_kinds().build();
  std::vector<TypeId> all;
  for (TypeId id{1}; id != btf->end_id(); ++id) all.push_back(id);
  CHECK(raw_text(*Btf::parse(minimise(*btf, all))) == raw_text(*btf));
  CHECK(minimise(*btf, {}).size() == 33);
}

TEST_CASE("A type of an unknown kind cannot be kept, but can be left out") {
  // Kind 40, described by a layout section, and an INT.
  std::vector<std::byte> blob;
  const auto put = [&](std::uint32_t word) {
    blob.resize(blob.size() + 4);
    store(blob.data() + blob.size() - 4, word, native_order);
  };
  put(0x1eb9f);
  for (const std::uint32_t word : {32U, 0U, 28U, 192U, 5U, 28U, 164U}) put(word);
  for (const std::uint32_t word : {0U, 40U << 24, 0U, 1U, 1U << 24, 4U, 32U}) put(word);
  for (int i = 0; i < 41; ++i) put(0);
  for (const char c : {'\0', 'i', 'n', 't', '\0'}) blob.push_back(static_cast<std::byte>(c));
  const BtfPtr btf = Btf::parse(Bytes(std::move(blob)));
  const std::array unknown{TypeId{1}}, known{TypeId{2}};
  CHECK(raw_text(*Btf::parse(minimise(*btf, known))) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n");
  const test::Caught caught = error_of([&] { minimise(*btf, unknown); });
  CHECK(caught.code == ErrorCode::unsupported);
  CHECK(caught.place.type_id == 1U);
}

}  // namespace btfx
