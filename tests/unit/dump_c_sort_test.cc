#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.h"
#include "emit/c/sort.h"
#include "support/btf_samples.h"

namespace btfx {

TEST_CASE("Types of one rank are sorted by bytes, however long names are and whatever characters they have") {
  std::vector<std::string> names;
  for (const char first :
       {'\x01', ' ', '$', '.', '0', '9', ':', 'A', 'Z', '[', '_', '`', 'a', 'z', '~', '\x80', '\xff'}) {
    for (const std::string_view rest : {"", " ", "!", "0", "A", "_", "a", "b", "zzz", "0123456789abcd",
                                        "0123456789abcde", "0123456789abcdef", "0123456789abcdefg", "\xff"}) {
      names.push_back(std::string(1, first) + std::string(rest));
    }
  }
  BtfBuilder b;
  b.add_int("int", 4);  // of a lower rank, and left out as the first
  std::vector<std::string> shuffled = names;
  for (std::size_t i = 0; i < names.size(); ++i) shuffled[i] = names[i * 101 % names.size()];
  for (const std::string& name : shuffled) b.add_composite(Kind::struct_, name, 0);
  const BtfPtr btf = b.build();
  std::vector<std::string> sorted;
  for (const TypeId id : CSort(*btf).ranked()) sorted.emplace_back(btf->type(id).name());
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return std::ranges::lexicographical_compare(
        a, b, {}, [](char c) { return static_cast<unsigned char>(c); },
        [](char c) { return static_cast<unsigned char>(c); });
  });
  CHECK(sorted == names);
}

TEST_CASE("Typedefs of what has no name come first, by their own names") {
  BtfBuilder b;
  b.add_int("int", 4);
  const TypeId nameless = b.add_composite(Kind::struct_, {}, 0);
  const TypeId strange = b.add_composite(Kind::struct_, " a", 0);
  const TypeId later = b.add(Kind::typedef_, "the_same_beginning_2", raw(nameless));
  const TypeId first = b.add(Kind::typedef_, "the_same_beginning_1", raw(nameless));
  const TypeId of_strange = b.add(Kind::typedef_, "A", raw(strange));
  const BtfPtr btf = b.build();
  CHECK(CSort(*btf).ranked() == std::vector{first, later, strange, of_strange});
}

TEST_CASE("What has no rank is sorted apart") {
  BtfBuilder b;
  b.add_int("int", 4);
  b.add_composite(Kind::struct_, "s", 0);
  const TypeId to_struct = b.add_ptr(TypeId{2}), to_int = b.add_ptr(TypeId{1});
  const BtfPtr btf = b.build();
  CSort sort(*btf);
  CHECK(sort.ranked() == std::vector{TypeId{2}});
  CHECK(sort.others({TypeId{1}, TypeId{2}, to_struct, to_int}) == std::vector{to_int, to_struct});
}

}  // namespace btfx
