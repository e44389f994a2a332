#include "btf/referrers.h"

#include <vector>

#include "btf/builder.h"
#include "catch.h"

namespace btfx {
namespace {

using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Pairs of(const Referrers& referrers, std::uint32_t id) {
  Pairs found;
  for (const Referrer* one = referrers.first(TypeId{id}); one != nullptr; one = referrers.next(*one)) {
    found.emplace_back(raw(one->id), one->element);
  }
  return found;
}

TEST_CASE("referrers: lowest id first, each once, by the first of its references") {
  BtfBuilder b;
  b.add_int("int", 4);                         // 1
  b.add_composite(Kind::struct_, "node", 24);  // 2
  b.add_member("before", void_id, 0);
  b.add_member("next", TypeId{3}, 32);
  b.add_member("key", TypeId{1}, 64);
  b.add_member("value", TypeId{1}, 96);
  b.add_member("self", TypeId{2}, 128);
  b.add_ptr(TypeId{2});                  // 3
  b.add(Kind::decl_tag, "tag", 2, {0});  // 4
  b.add(Kind::func_proto, {}, 1);        // 5
  b.add_param("node", TypeId{3});
  b.add(Kind::array, {}, 0, {2, 1, 4});  // 6
  const BtfPtr btf = b.build();
  const Referrers referrers(*btf, TypeId{1});
  CHECK(of(referrers, 1) == Pairs{{2, 2}, {5, 0}, {6, 1}});
  CHECK(of(referrers, 2) == Pairs{{3, 0}, {6, 0}});
  CHECK(of(referrers, 3) == Pairs{{2, 1}, {5, 1}});
  CHECK(of(referrers, 4).empty());
}

TEST_CASE("referrers: of split BTF its own types, to those of its base only where they are asked for") {
  BtfBuilder base;
  base.add_int("int", 4);   // 1
  base.add_ptr(TypeId{1});  // 2
  const BtfPtr on = base.build();
  BtfBuilder b(on);
  b.add_ptr(TypeId{2});  // 3
  b.add_ptr(TypeId{3});  // 4
  const BtfPtr split = b.build();
  CHECK(of(Referrers(*split, TypeId{1}), 1).empty());
  CHECK(of(Referrers(*split, TypeId{1}), 2) == Pairs{{3, 0}});
  CHECK(of(Referrers(*split, split->first_id()), 3) == Pairs{{4, 0}});
}

}  // namespace
}  // namespace btfx
