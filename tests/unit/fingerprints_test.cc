#include "transform/diff/fingerprints.h"

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/diff_text.h"

namespace btfx {

using namespace test;

namespace {

std::shared_ptr<const Fingerprints> prints_of(const BtfBuilder& builder) {
  return std::make_shared<const Fingerprints>(builder.build());
}

}  // namespace

TEST_CASE("A named type counts by its name where it is used, an anonymous one by what it holds") {
  const auto build = [](std::uint32_t named_size, std::uint32_t anonymous_size) {
    BtfBuilder b;
    b.add_composite(Kind::struct_, "named", named_size);
    b.add_composite(Kind::struct_, "", anonymous_size);
    b.add_ptr(TypeId{1});
    b.add_ptr(TypeId{2});
    return prints_of(b);
  };
  const auto one = build(4, 4), grown = build(8, 4), other = build(4, 8);
  CHECK(one->reference(TypeId{1}) == grown->reference(TypeId{1}));
  CHECK(one->content(TypeId{1}) != grown->content(TypeId{1}));
  CHECK(one->reference(TypeId{3}) == grown->reference(TypeId{3}));
  CHECK(one->reference(TypeId{2}) != other->reference(TypeId{2}));
  CHECK(one->reference(TypeId{4}) != other->reference(TypeId{4}));
}

TEST_CASE("Declarations are what has a name, what nothing holds, and tags on the base") {
  const auto base = prints_of(small_base());
  BtfBuilder b(base->btf_ptr());
  const TypeId held = b.add_composite(Kind::struct_, "", 4);
  const TypeId name = b.add(Kind::typedef_, "held_t", raw(held));
  const TypeId unheld = b.add(Kind::enum_, "", 4);
  b.add_enumerator("CONSTANT", 1);
  const TypeId behind_pointer = b.add_composite(Kind::union_, "", 8);
  b.add_ptr(behind_pointer);                                             // and nothing refers to the pointer
  b.add(Kind::fwd, "base_type", 0);                                      // the base defines it
  const TypeId fwd = b.add(Kind::fwd, "elsewhere", 0);                   // nobody does
  const TypeId tag = b.add(Kind::decl_tag, "on_base", 2, {0xffffffff});  // base_type
  b.add(Kind::decl_tag, "on_own", raw(name), {0xffffffff});
  const Fingerprints prints(b.build(), base);
  std::vector<TypeId> ids;
  for (const Declaration& declaration : prints.declarations()) ids.push_back(declaration.id);
  std::ranges::sort(ids);
  CHECK(ids == std::vector<TypeId>{name, unheld, behind_pointer, fwd, tag});
  CHECK(prints.content(fwd) == incomplete_content);
  CHECK(prints.tags_on(name).size() == 1);
  CHECK(prints.find(declaration_key(Kind::typedef_, "held_t")).size() == 1);
  CHECK(prints.find(declaration_key(Kind::struct_, "held_t")).empty());
}

TEST_CASE("Duplicates are listed once, and definitions instead of forward declarations") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4);
  for (const std::uint32_t size : {4U, 8U, 4U}) {
    b.add_composite(Kind::struct_, "foo", size);
    b.add_member("a", int_id, 0);
  }
  b.add(Kind::fwd, "foo", 0);
  b.add(Kind::fwd, "foo", 0, {}, 0, true);  // a union of that name
  b.add_int("int", 4);
  const auto prints = prints_of(b);
  const std::span<const Declaration> found = prints->find(declaration_key(Kind::struct_, "foo"));
  REQUIRE(found.size() == 2);
  CHECK(std::min(found[0].id, found[1].id) == TypeId{2});
  CHECK(prints->find(declaration_key(Kind::union_, "foo")).size() == 1);
  CHECK(prints->find(declaration_key(Kind::int_, "int")).size() == 1);
}

TEST_CASE("Loops of types without names end, and look the same from wherever they are entered") {
  // Pointer, array and struct in a loop of three, numbered in each possible way.
  const auto build = [](std::uint32_t shift) {
    BtfBuilder b;
    const auto id = [&](std::uint32_t i) { return 1 + (i + shift) % 3; };
    for (std::uint32_t place = 0; place < 3; ++place) {
      const std::uint32_t i = (place + 3 - shift) % 3;
      if (i == 0) b.add(Kind::ptr, {}, id(1));
      if (i == 1) b.add(Kind::array, {}, 0, {id(2), 0, 5});
      if (i == 2) {
        b.add_composite(Kind::struct_, "", 8);
        b.add_member("self", TypeId{id(0)}, 0);
      }
    }
    b.add(Kind::typedef_, "loop_t", id(0));
    return prints_of(b);
  };
  const auto one = build(0);
  for (const std::uint32_t shift : {1U, 2U}) {
    const auto two = build(shift);
    CHECK(one->find(declaration_key(Kind::typedef_, "loop_t"))[0].content ==
          two->find(declaration_key(Kind::typedef_, "loop_t"))[0].content);
  }
  BtfBuilder b;
  b.add(Kind::const_, {}, 1);  // itself
  b.add(Kind::typedef_, "endless", 1);
  CHECK(prints_of(b)->declarations().size() == 1);
}

TEST_CASE("An alias lets a name count as another") {
  BtfBuilder b;
  const TypeId old_name = b.add_composite(Kind::struct_, "old_name", 4);
  const auto before = prints_of(b);
  BtfBuilder c;
  const TypeId new_name = c.add_composite(Kind::struct_, "new_name", 4);
  const Fingerprints after(c.build(), nullptr,
                           {{declaration_key(Kind::struct_, "new_name"), declaration_key(Kind::struct_, "old_name")}});
  CHECK(before->reference(old_name) == after.reference(new_name));
}

}  // namespace btfx
