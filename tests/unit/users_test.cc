#include "transform/diff/users.h"

#include <algorithm>
#include <vector>

#include "btf/builder.h"
#include "catch.h"

namespace btfx {
namespace {

TEST_CASE("users: what has a name, through what has none") {
  BtfBuilder b;
  b.add_int("int", 4);                        // 1
  b.add_composite(Kind::struct_, "used", 8);  // 2
  b.add_member("self", TypeId{3}, 0);
  b.add_ptr(TypeId{2});                  // 3
  b.add(Kind::type_tag, "user", 2);      // 4
  b.add_composite(Kind::union_, {}, 8);  // 5
  b.add_member("a", TypeId{3}, 0);
  b.add_composite(Kind::struct_, "outer", 8);  // 6
  b.add_member("", TypeId{5}, 0);
  b.add(Kind::func_proto, {}, 0);  // 7
  b.add_param("u", TypeId{3});
  b.add(Kind::func, "f", 7);                   // 8
  b.add(Kind::typedef_, "used_t", 4);          // 9
  b.add(Kind::decl_tag, "tag", 2, {~0U});      // 10
  b.add_composite(Kind::struct_, "other", 8);  // 11
  b.add_member("o", TypeId{9}, 0);
  const BtfPtr btf = b.build();
  const Fingerprints prints(btf);
  const Users users(*btf);
  std::vector<std::uint64_t> expected;
  for (const std::uint32_t id : {6U, 8U, 9U}) expected.push_back(prints.reference(TypeId{id}));
  std::ranges::sort(expected);
  CHECK(users.find(prints, TypeId{2}, 100) == expected);
  CHECK(users.find(prints, TypeId{6}, 0) == std::vector<std::uint64_t>{});
  // References: 2, 5, 7 to 3; 3, 4 to 2; 9 to 4; 6 to 5; 8 to 7.
  CHECK(users.find(prints, TypeId{2}, 8) == expected);
  CHECK_FALSE(users.find(prints, TypeId{2}, 7));
}

}  // namespace
}  // namespace btfx
