#include "btf/type_groups.h"

#include <vector>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::vector<std::uint32_t> ids(const Btf& btf, TypeGroup group) {
  std::vector<std::uint32_t> found;
  for (const TypeId id : btf.groups().of(group)) found.push_back(raw(id));
  return found;
}

using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("Each type is in the group of its kind, the lowest first, those of the base before its own") {
  BtfBuilder b;
  b.add_int("int", 4);
  b.add_composite(Kind::union_, "u", 0);
  b.add_ptr(TypeId{1});
  b.add_composite(Kind::struct_, "s", 0);
  const BtfPtr base = b.build();
  BtfBuilder split(base);
  split.add(Kind::typedef_, "t", 1);
  split.add(Kind::const_, {}, 1);
  split.add(Kind::fwd, "f", 0);
  split.add_composite(Kind::union_, "v", 0);
  split.add(Kind::float_, "double", 8);
  const BtfPtr btf = split.build();
  CHECK(ids(*btf, TypeGroup::numbers) == Ids{1, 9});
  CHECK(ids(*btf, TypeGroup::composites) == Ids{2, 4, 8});
  CHECK(ids(*btf, TypeGroup::references) == Ids{3, 6});
  CHECK(ids(*btf, TypeGroup::typedefs) == Ids{5});
  CHECK(ids(*btf, TypeGroup::others) == Ids{7});
  CHECK(ids(*btf, TypeGroup::enums).empty());
  CHECK(ids(*base, TypeGroup::composites) == Ids{2, 4});
}

TEST_CASE("The groups hold every type once") {
  const BtfPtr btf = test::all_kinds().build();
  std::vector<unsigned> met(raw(btf->end_id()));
  btf->groups().for_each([&](TypeGroup group, std::span<const TypeId> types) {
    for (const TypeId id : types) {
      ++met[raw(id)];
      CHECK((btf->kind(id) == Kind::func) == (group == TypeGroup::functions));
      CHECK((btf->kind(id) == Kind::func_proto) == (group == TypeGroup::prototypes));
      CHECK((btf->kind(id) == Kind::array) == (group == TypeGroup::arrays));
      CHECK(is_enum(btf->kind(id)) == (group == TypeGroup::enums));
    }
  });
  CHECK(met.front() == 0);  // void
  CHECK(std::vector<unsigned>(met.begin() + 1, met.end()) == std::vector<unsigned>(met.size() - 1, 1));
}

TEST_CASE("A BTF without types has empty groups") {
  const BtfPtr btf = BtfBuilder().build();
  btf->groups().for_each([](TypeGroup, std::span<const TypeId> types) { CHECK(types.empty()); });
}

}  // namespace btfx
