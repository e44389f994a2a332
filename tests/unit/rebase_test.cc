#include "transform/edit/rebase.h"

#include "btf/builder.h"
#include "btf/fields.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"

namespace btfx {
namespace {

using test::error_of;
using test::raw_text;

}  // namespace

TEST_CASE("A rebased BTF holds the same types behind the base, void and the empty name untouched") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr root = test::all_kinds().build();
  const BtfPtr split = Btf::parse(rebase(*root, *base), base);
  REQUIRE(split->own_types() == root->own_types());
  CHECK(split->first_id() == base->end_id());
  CHECK(split->own_strings() == root->own_strings());

  BtfBuilder back;  // renumbered the other way by hand
  for (TypeId id = split->first_id(); id != split->end_id(); ++id) {
    const TypeView type = split->type(id);
    const TypeView original = root->type(TypeId{raw(id) - raw(base->end_id()) + 1});
    CHECK(type.is_named() == original.is_named());
    back.copy(type);
  }
  for (TypeId id{1}; id != back.end_id(); ++id) {
    visit_type_ids(back.record(id).data(), [&](std::uint32_t& target) {
      CHECK((target == 0 || target >= raw(base->end_id())));
      target -= target == 0 ? 0 : raw(base->end_id()) - 1;
    });
  }
  CHECK(raw_text(*back.build()) == raw_text(*root));
}

TEST_CASE("The words of a rebased BTF are written in the byte order asked for") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder root;
  root.add(Kind::fwd, "opaque", 0);
  root.add_ptr(TypeId{1});
  const BtfPtr split = Btf::parse(rebase(*root.build(), *base, ByteOrder::big), base);
  CHECK(split->byte_order() == ByteOrder::big);
  CHECK(raw_text(*split) == "[5] FWD 'opaque' fwd_kind=struct\n[6] PTR '(anon)' type_id=5\n");
  CHECK(split->type(TypeId{5}).words()[2] == 0);  // a forward declaration refers to nothing
}

TEST_CASE("Split BTF cannot be rebased") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  CHECK(error_of([&] { rebase(*split, *base); }).sentence == "is split BTF already");
}

}  // namespace btfx
