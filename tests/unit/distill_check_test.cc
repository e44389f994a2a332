#include "transform/relocate/distill_check.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "btf/evidence.h"
#include "btf/fields.h"
#include "btf/load.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocate.h"

namespace btfx {
namespace {

using NewId = std::function<std::optional<TypeId>(TypeId)>;

/// Whether a type of one BTF says the same as one of another, when ids are followed and names compared as texts.
bool says_the_same(TypeView a, const Btf& a_btf, TypeView b, const Btf& b_btf, const NewId& new_id) {
  std::vector<std::uint32_t> words(a.words().begin(), a.words().end());
  const std::span<const std::uint32_t> other = b.words();
  if (words.size() != other.size()) return false;
  bool names_agree = true;
  // Names become equal words where their texts are equal, ids become those they have in the other BTF.
  visit_names(words.data(), [&](std::uint32_t& name) {
    const std::uint32_t there = other[static_cast<std::size_t>(&name - words.data())];
    names_agree = names_agree && a_btf.string(StringOffset{name}) == b_btf.string(StringOffset{there});
    name = there;
  });
  visit_type_ids(words.data(), [&](std::uint32_t& id) { id = raw(new_id(TypeId{id}).value_or(TypeId{0xffffffff})); });
  return names_agree && std::ranges::equal(words, other);
}

/// The split BTF went to `now`, its ids by `new_id`, and nothing about it changed: its types are there as they were,
/// each reference to a named base type is the old one, and each other base type it needs has an equal copy.
void check_equivalent(const Btf& before, const Btf& now, const NewId& new_id) {
  for (TypeId id{1}; id != before.end_id(); ++id) {
    const std::optional<TypeId> there = new_id(id);
    if (id >= before.first_id()) REQUIRE(there);
    if (!there || *there == id) continue;
    if (!says_the_same(before.type(id), before, now.type(*there), now, new_id)) {
      FAIL("type " << raw(id) << " is not equivalent to type " << raw(*there));
    }
  }
}

void check_back_and_forth(const BtfPtr& split, bool sort) {
  static thread_local Distiller distiller;
  const Distilled distilled = distiller.run(*split, {.sort = sort});
  for (const Bytes& blob : {distilled.base, distilled.split}) {
    CHECK(load<std::uint16_t>(blob.data(), split->byte_order()) == BtfHeader::magic);
  }
  CHECK(check_distilled(distilled, RelocationTarget(split->base())).empty());
  const BtfPtr small = Btf::parse(distilled.split, Btf::parse(distilled.base));
  const RelocationTarget target(split->base());
  for (const bool strict : {false, true}) {
    const Relocation relocation = Relocator().run(*small, target, {.strict = strict});
    REQUIRE(relocation.succeeded());
    const BtfPtr back = Btf::parse(relocation.split, split->base());
    CHECK(back->byte_order() == split->byte_order());
    CHECK(weigh_base(*back).belongs() == weigh_base(*split).belongs());
    check_equivalent(*split, *back, [&](TypeId id) -> std::optional<TypeId> {
      const std::optional<TypeId> there = distilled.ids.find(id);
      return there ? relocation.find(*there) : std::nullopt;
    });
    for (std::size_t i = 0; i < distilled.origins.size(); ++i) {
      CHECK(relocation.find(TypeId{static_cast<std::uint32_t>(i) + 1}) == distilled.origins[i]);
    }
  }
}

TEST_CASE("distill and relocate onto the same base: the types are equivalent, module by module, in both byte orders") {
  const BtfPtr base = load_base(test::data_path("vmlinux-6.12.115.btf.xz"));
  const ByteOrder swapped = other(base->byte_order());
  const BtfPtr swapped_base = Btf::parse(serialise(*base, swapped));
  unsigned modules = 0;
  for (const auto& file : std::filesystem::directory_iterator(test::data_path("modules"))) {
    CAPTURE(file.path());
    const BtfPtr split = load_btf(read_source(file.path()), base);
    check_back_and_forth(split, false);
    check_back_and_forth(split, true);
    check_back_and_forth(Btf::parse(serialise(*split, swapped), swapped_base), false);
    ++modules;
  }
  CHECK(modules >= 20);
}

TEST_CASE("distill and relocate onto the same base: every kind") {
  const BtfPtr base = test::all_kinds().build();
  BtfBuilder builder(base);
  for (TypeId id = base->first_id(); id != base->end_id(); ++id) {
    const Kind kind = base->type(id).kind();
    if (kind == Kind::func || kind == Kind::var || kind == Kind::datasec || kind == Kind::decl_tag) continue;
    builder.add_ptr(id);
    builder.add_composite(Kind::struct_, "holder", 64);
    builder.add_member("held", id, 0);
  }
  check_back_and_forth(builder.build(), false);
  check_back_and_forth(builder.build(), true);
}

Diagnostics check(const BtfPtr& base, const std::vector<std::uint32_t>& needed) {
  BtfBuilder split(base);
  for (const std::uint32_t id : needed) split.add_ptr(TypeId{id});
  return check_distilled(Distiller().run(*split.build()), RelocationTarget(base));
}

TEST_CASE("distill check: a base with types that the kernel cannot tell apart") {
  BtfBuilder builder;
  builder.add_composite(Kind::struct_, "twin", 8);   // 1
  builder.add_composite(Kind::struct_, "twin", 8);   // 2
  builder.add_composite(Kind::struct_, "other", 8);  // 3
  builder.add(Kind::enum_, "taken", 4);              // 4
  builder.add_composite(Kind::union_, "taken", 4);   // 5
  builder.add(Kind::typedef_, "other", 3);           // 6: no candidate
  const BtfPtr base = builder.build();
  CHECK(check(base, {3}).empty());
  const Diagnostics twins = check(base, {1});
  REQUIRE(twins.size() == 1);
  CHECK(twins[0].code.word() == "self-relocation");
  CHECK(twins[0].severity == Severity::error);
  CHECK(twins[0].text ==
        "STRUCT twin: the base has several of that name, kind and size: STRUCT twin [1], 8 bytes; STRUCT twin [2], 8 "
        "bytes; needed by a type without a name, PTR [2]; so the module could not even be loaded on the kernel it was "
        "built for");
  CHECK(check(base, {5})[0].text.starts_with("UNION taken: types of several kinds bear that name"));
  CHECK(check(base, {4}).empty());  // an ENUM takes no union
}

TEST_CASE("distill check: a name without letters in the base, at which the kernel gives up") {
  const Bytes blob = test::blob_of({1, InfoWord(Kind::struct_, 0, false).word, 8,  //
                                    5, InfoWord(Kind::fwd, 0, false).word, 0},
                                   std::string_view("\0foo\0\0", 6));
  const Diagnostics findings = check(Btf::parse(blob), {1});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::error);
  CHECK(findings[0].code.word() == "self-relocation");
  CHECK(findings[0].text ==
        "base BTF id [2] maps to invalid distilled base BTF id [0]; so the module could not even be loaded on the "
        "kernel it was built for");
}

TEST_CASE("distill check: types that would be taken for others") {
  // A declaration of a union, and a struct without bitfields of that name: the kernel takes the struct, too.
  BtfBuilder builder;
  builder.add_composite(Kind::struct_, "foo", 8);
  builder.add_composite(Kind::struct_, "foo", 16);
  const BtfPtr base = builder.build();
  CHECK(check(base, {1, 2}).empty());  // sizes tell them apart

  const Bytes blob = test::blob_of({1, InfoWord(Kind::struct_, 0, false).word, 8,  //
                                    5, InfoWord(Kind::struct_, 0, false).word, 16},
                                   std::string_view("\0foo\0foo\0", 9));
  const Diagnostics stored_twice = check(Btf::parse(blob), {1});
  REQUIRE(stored_twice.size() == 1);
  CHECK(stored_twice[0].text.starts_with("STRUCT foo: the kernel cannot choose between several of that name"));
}

}  // namespace
}  // namespace btfx
