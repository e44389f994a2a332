#include "transform/ids/resolve_ids.h"

#include <string>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"
#include "support/ids_object.h"

namespace btfx {
namespace {

using Words = std::vector<std::uint32_t>;
using test::IdsObject;
using test::sample_ids_object;
using test::words_of;

std::vector<std::string> texts_of(const Diagnostics& findings) {
  std::vector<std::string> texts;
  for (const Diagnostic& finding : findings) texts.push_back(std::string(finding.code.word()) + ": " + finding.text);
  return texts;
}

TEST_CASE("resolve ids: lists keep their order, sets are counted and sorted, flags travel along") {
  const bool is_64 = GENERATE(true, false);
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const BtfPtr btf = test::ids_types().build();
  const ResolvedIds result = resolve_ids(sample_ids_object(is_64, order).ids(), *btf);
  CHECK(words_of(result.ids.bytes(), order) == Words{6, 8, 2, 6, 7, 3, 1, 3, 7, 4, 8, 5, 9});
  CHECK(result.resolved == 7);
  CHECK(result.unresolved == 0);
  CHECK(texts_of(result.findings) ==
        std::vector<std::string>{
            "ids-ambiguous: symbol __BTF_ID__struct__s__1: several types are STRUCT s: 6, 9; 6 is taken"});
  CHECK(result.findings[0].severity == Severity::warning);
  CHECK(result.findings[0].place.section == ".BTF_ids");
  CHECK(result.findings[0].place.offset == 0);
}

TEST_CASE("resolve ids: types of the base come first, and what stands in the base alone is found") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder builder(base);
  builder.add_composite(Kind::struct_, "base_type", 8);   // 5
  builder.add_composite(Kind::struct_, "split_type", 8);  // 6
  const IdsObject object{.words = {0, 0, 9}, .symbols = {{"struct__split_type__1", 0}, {"struct__base_type__2", 4}}};
  const ResolvedIds result = resolve_ids(object.ids(), *builder.build());
  CHECK(words_of(result.ids.bytes()) == Words{6, 2, 9});
  CHECK(texts_of(result.findings) ==
        std::vector<std::string>{"ids-ambiguous: symbol __BTF_ID__struct__base_type__2: several types are STRUCT "
                                 "base_type: 2, 5; 2 is taken"});
}

TEST_CASE("resolve ids: what no type is called becomes 0, whatever it was; words without a symbol stay") {
  const BtfPtr base = test::small_base().build();
  BtfBuilder builder(base);
  builder.add(Kind::fwd, "opaque", 0);
  const IdsObject object{
      .words = {11, 12, 13, 14, 15},
      .symbols = {{"struct__opaque__1", 0}, {"func__none__2", 4}, {"union__base_type__3", 8}, {"func__none__4", 12}}};
  const ResolvedIds result = resolve_ids(object.ids(), *builder.build());
  CHECK(words_of(result.ids.bytes()) == Words{0, 0, 0, 0, 15});
  CHECK(result.resolved == 0);
  CHECK(result.unresolved == 4);
  CHECK(texts_of(result.findings) ==
        std::vector<std::string>{
            "ids-unresolved: symbol __BTF_ID__struct__opaque__1: there is no STRUCT opaque; type 5 of that name is a "
            "FWD",
            "ids-unresolved: symbol __BTF_ID__func__none__2: there is no FUNC none; 2 symbols name it",
            "ids-unresolved: symbol __BTF_ID__union__base_type__3: there is no UNION base_type; type 2 of that name is "
            "a STRUCT"});
}

TEST_CASE("resolve ids: what was lost by distilling is told") {
  const BtfPtr before = test::ids_types().build();
  const BtfPtr after = test::small_base().build();
  const IdsObject object{.words = {0}, .symbols = {{"func__fa__1", 0}}};
  const ResolvedIds result = resolve_ids(object.ids(), *after, before.get());
  REQUIRE(result.findings.size() == 1);
  CHECK(
      result.findings[0].text ==
      "symbol __BTF_ID__func__fa__1: there is no FUNC fa any more: it is the base's, and was not distilled because no "
      "type of the module refers to it");
}

TEST_CASE("resolve ids: one name at many places, and more types of it than a message has room for") {
  BtfBuilder builder;
  for (int i = 0; i < 12; ++i) builder.add_composite(Kind::union_, "u", 4);
  std::vector<std::string> names;
  IdsObject object;
  for (std::uint64_t i = 0; i < 300; ++i) names.push_back("union__u__" + std::to_string(i));
  for (std::uint64_t i = 0; i < 300; ++i) {
    object.words.push_back(0);
    object.symbols.push_back({names[i], 4 * i});
  }
  const ResolvedIds result = resolve_ids(object.ids(), *builder.build());
  CHECK(words_of(result.ids.bytes()) == Words(300, 1));
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].text ==
        "symbol __BTF_ID__union__u__0: several types are UNION u: 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more; 1 is taken");
}

TEST_CASE("resolving twice is found where it would spoil something") {
  const BtfPtr btf = test::ids_types().build();
  IdsObject object = sample_ids_object();
  CHECK(find_resolved_before(object.ids(), *btf).empty());
  object.words = {6, 8, 2, 6, 7, 3, 1, 3, 7, 4, 8, 5, 9};  // as resolved
  const Diagnostics findings = find_resolved_before(object.ids(), *btf);
  REQUIRE(findings.size() == 1);  // the set without flags can be done again
  CHECK(findings[0].severity == Severity::warning);
  CHECK(findings[0].code.word() == "ids-resolved-before");
  CHECK(findings[0].place.offset == 20);
  CHECK(
      findings[0].text ==
      "symbol __BTF_ID__set8__kfuncs: the set has been resolved before: its 3 ids were sorted then, and their flags "
      "with them, while symbols still tell the places of compilation; resolving it again would give func fa the flags "
      "KF_ACQUIRE|KF_RELEASE|KF_RET_NULL instead of its own, KF_ACQUIRE|KF_KPTR_GET, which are those of fc");
}

TEST_CASE("resolving twice is harmless where nothing moved, or all flags are the same") {
  const BtfPtr btf = test::ids_types().build();
  IdsObject object = sample_ids_object();
  SECTION("the flags are the same") {
    object.words = {6, 8, 2, 6, 7, 3, 1, 3, 7, 4, 7, 5, 7};
  }
  SECTION("nothing moved") {
    object.symbols[7].offset = 44;
    object.symbols[9].offset = 28;
    object.words = {6, 8, 2, 6, 7, 3, 1, 3, 7, 4, 8, 5, 9};
  }
  SECTION("the count is no trace of resolving") {
    object.words = {6, 8, 2, 6, 7, 33, 1, 3, 7, 4, 8, 5, 9};
  }
  SECTION("the types are those of another build, but the flags are the same") {
    object.words = {6, 8, 2, 6, 7, 3, 1, 900, 7, 901, 7, 902, 7};
  }
  CHECK(find_resolved_before(object.ids(), *btf).empty());
}

TEST_CASE("resolving twice: with ids of another build, and with words that have no symbol") {
  const BtfPtr btf = test::ids_types().build();
  IdsObject object = sample_ids_object();
  const auto end_of = [&] {
    const Diagnostics findings = find_resolved_before(object.ids(), *btf);
    REQUIRE(findings.size() == 1);
    return findings[0].text.substr(findings[0].text.find("resolving it again would"));
  };
  SECTION("another build") {
    object.words = {6, 8, 2, 6, 7, 3, 1, 900, 7, 901, 8, 902, 9};
    CHECK(end_of() ==
          "resolving it again would give func fb flags of another: the id 900 at offset 0x1c tells that the ids are "
          "those of another BTF");
  }
  SECTION("another build, some of whose ids are those of other functions of the set here") {
    object.words = {6, 8, 2, 6, 7, 3, 1, 2, 7, 3, 8, 4, 8};
    CHECK(end_of().find("give func fb flags of another: the id 2 at offset 0x1c tells") != std::string::npos);
  }
  SECTION("the ids of the set are those of its functions here, too, in the order of the symbols, but another is not") {
    object.symbols[7].offset = 44;
    object.symbols[9].offset = 28;
    object.words = {8, 8, 2, 6, 7, 3, 1, 3, 7, 4, 8, 5, 9};
    CHECK(end_of() ==
          "resolving it again would give func fb flags of another: the id 8 at offset 0x0 tells that the ids are those "
          "of another BTF");
    object.words[0] = 6, object.words[4] = 5;  // in the other set
    CHECK(end_of().find("the id 5 at offset 0x10 tells") != std::string::npos);
  }
  SECTION("bare words") {
    object.symbols.erase(object.symbols.begin() + 4);  // union__u: its word stays 0 and is sorted to the front
    object.words = {6, 8, 2, 6, 0, 0, 1, 0, 7, 0, 8, 0, 9};
    object.words[3] = 0, object.words[4] = 6;
    CHECK(find_resolved_before(object.ids(), *btf).empty());
    object.symbols[4].offset = 12;  // struct__s, compiled to the front
    CHECK(end_of() == "resolving it again would leave ids in words that have no symbol, and lose others");
  }
}

TEST_CASE("words without symbols may be ids unless they are flags as compiled") {
  const auto may = [](std::vector<std::uint32_t> words, const Btf& btf) {
    IdsObject object{.words = std::move(words), .has_symbols = false};
    return may_hold_ids(object.ids(), btf);
  };
  const BtfPtr root = test::ids_types().build();
  CHECK_FALSE(may({0, 0, 0}, *root));
  CHECK_FALSE(may({0, 1, 0, 16, 0, 5}, *root));
  CHECK(may({6, 0, 0}, *root));
  CHECK(may({0, 6, 7}, *root));
  CHECK(may({0, 0, 1, 1}, *root));
  BtfBuilder own(root);
  own.add_int("long", 8, 1);
  CHECK(may({0, raw(root->end_id()), 0}, *own.build()));
  CHECK_FALSE(may({0, raw(root->end_id()) + 1, 0}, *own.build()));
}

}  // namespace
}  // namespace btfx
