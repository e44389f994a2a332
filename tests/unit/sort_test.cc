#include "transform/edit/sort.h"

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"

namespace btfx {

using test::raw_text;

TEST_CASE("Types are sorted by name, anonymous ones first, and equal names keep their order") {
  BtfBuilder builder;
  builder.add_int("z", 4);
  builder.add_ptr(TypeId{1});
  builder.add_int("a", 4);
  builder.add(Kind::typedef_, "z", 2);
  builder.add(Kind::typedef_, "\xff", 4);
  builder.add_int("Z", 2);
  CHECK(raw_text(*Btf::parse(sort_types(*builder.build()).btf)) ==
        "[1] PTR '(anon)' type_id=4\n"
        "[2] INT 'Z' size=2 bits_offset=0 nr_bits=16 encoding=(none)\n"
        "[3] INT 'a' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n"
        "[4] INT 'z' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n"
        "[5] TYPEDEF 'z' type_id=1\n"
        "[6] TYPEDEF '\\xff' type_id=5\n");
}

TEST_CASE("Of a split BTF its own types are sorted, and ids of the base stay") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder split(base);
  split.add(Kind::typedef_, "b", 2);
  split.add(Kind::typedef_, "a", 5);
  const BtfPtr sorted = Btf::parse(sort_types(*split.build(), ByteOrder::big).btf, base);
  CHECK(sorted->byte_order() == ByteOrder::big);
  CHECK(raw_text(*sorted) == "[5] TYPEDEF 'a' type_id=6\n[6] TYPEDEF 'b' type_id=2\n");
  CHECK(sorted->own_strings() == std::string_view("b\0a\0", 4));
}

TEST_CASE("Sorting what is sorted changes nothing") {
  const BtfPtr once = Btf::parse(sort_types(*test::all_kinds().build()).btf);
  CHECK(test::text_of(sort_types(*once).btf) == test::text_of(once->blob()));
}

TEST_CASE("Sorted BTF keeps a header of 24 bytes where that is asked for") {
  const BtfPtr once = Btf::parse(sort_types(*test::all_kinds().build(), native_order, BtfHeader::old_length).btf);
  CHECK(once->header().header_length == 24);
  CHECK(raw_text(*once) == raw_text(*Btf::parse(sort_types(*test::all_kinds().build()).btf)));
}

}  // namespace btfx
