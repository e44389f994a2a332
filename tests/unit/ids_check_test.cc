#include "transform/ids/ids_check.h"

#include <elf.h>

#include <algorithm>
#include <utility>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

using Words = std::vector<std::uint32_t>;

/// 1 prototype, 2 and 3 functions, 4 struct, 5 the tag of function 2.
BtfPtr types() {
  BtfBuilder b;
  b.add(Kind::func_proto, {}, 0);
  b.add(Kind::func, "one", 1);
  b.add(Kind::func, "two", 1);
  b.add_composite(Kind::struct_, "s", 4);
  b.add(Kind::decl_tag, "bpf_kfunc", 2, {0xffffffff});
  return b.build();
}

ElfSymbol symbol(std::string_view name, std::uint64_t value, std::uint64_t size = 4) {
  return {.name = name, .value = value, .size = size, .type = STT_OBJECT, .section = 1};
}

/// A list with a struct, and a set8 of two functions for BPF programs.
std::vector<std::string> findings(const Words& words, bool tags_kfuncs = false) {
  std::vector<std::byte> section(words.size() * 4);
  for (std::size_t i = 0; i < words.size(); ++i) store(section.data() + 4 * i, words[i], native_order);
  const std::vector<ElfSymbol> symbols{
      symbol("list", 0),
      symbol("__BTF_ID__struct__s__1", 0),
      symbol("__BTF_ID__set8__kfuncs", 4, 24),
      symbol("__BTF_ID__func__one__2", 12),
      symbol("__BTF_ID__func__two__3", 20),
  };
  const BtfIds ids = BtfIds::parse(section, native_order, symbols, 0);
  std::vector<std::string> texts;
  for (const Diagnostic& diagnostic : check_ids(ids, *types(), tags_kfuncs)) {
    CHECK((diagnostic.place.section == ".BTF_ids") == (diagnostic.code.word() != "kfunc-unlisted"));
    texts.push_back((diagnostic.severity == Severity::error ? "error " : "warning ") +
                    std::string(diagnostic.code.word()) + ": " + diagnostic.text);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("ids check: all in order") {
  CHECK(findings({4, 2, 1, 2, 0, 3, 0}).empty());
}

TEST_CASE("ids check: what is stale, outside or unresolved") {
  CHECK(findings({3, 2, 1, 2, 0, 3, 0}) ==
        Texts{"error ids-stale: word 0 (struct s of list list) is type 3 (FUNC two)"});
  CHECK(findings({6, 2, 1, 2, 0, 3, 0}) ==
        Texts{"error ids-outside: word 0 (struct s of list list) is 6, but the last type is 5"});
  CHECK(findings({0, 2, 1, 2, 0, 3, 0}) ==
        Texts{"warning ids-unresolved: word 0 (struct s of list list) is not resolved"});
  CHECK(findings({0, 0, 0, 0, 0, 0, 0}) == Texts{"warning ids-unresolved: none of its 3 ids is resolved"});
  CHECK(findings({4, 2, 1, 2, 0, 4, 0}) ==
        Texts{"error ids-stale: word 5 (of set kfuncs) is type 4 (STRUCT s), which none of the set's symbols names"});
}

TEST_CASE("ids check: sets have their count and order") {
  CHECK(findings({4, 1, 1, 2, 0, 3, 0}) == Texts{"error ids-count: set kfuncs has room for 2 ids, but its count is 1"});
  CHECK(findings({4, 2, 1, 3, 0, 2, 0}) == Texts{"error ids-unsorted: set kfuncs is not sorted"});
  // Kernels compare ids as signed numbers.
  CHECK(findings({4, 2, 1, 0xfffffff0, 0, 2, 0}) ==
        Texts{"error ids-outside: word 3 (of set kfuncs) is 4294967280, but the last type is 5"});
}

TEST_CASE("ids check: functions for BPF programs carry a tag") {
  CHECK(findings({4, 2, 1, 2, 0, 3, 0}, true) ==
        Texts{"warning kfunc-untagged: word 5 (of set kfuncs) is type 3 (FUNC two), which has no declaration tag "
              "'bpf_kfunc'"});
}

TEST_CASE("ids check: without symbols nothing can be told, and that is said") {
  const std::vector<std::byte> section(8);
  const Diagnostics told = check_ids(BtfIds::parse(section, native_order, {}, 0), *types(), false);
  REQUIRE(told.size() == 1);
  CHECK(told[0].severity == Severity::warning);
  CHECK(told[0].code.word() == "ids-unjudged");
  CHECK(told[0].text == "its ids could not be judged: no symbols tell which of its 2 words are ids");
  CHECK(check_ids(BtfIds::parse({}, native_order, {}, 0), *types(), false).empty());
}

TEST_CASE("ids check: a function with the tag of kfuncs is in a set of them") {
  // Function one has the tag, two has not.
  CHECK(findings({4, 2, 1, 2, 0, 3, 0}).empty());
  const Texts unlisted = findings({4, 2, 1, 3, 0, 3, 0});
  CHECK(std::ranges::count(unlisted,
                           "warning kfunc-unlisted: function one has the declaration tag 'bpf_kfunc', but no "
                           "set of kfuncs has it") == 1);
  CHECK(findings({4, 2, 0, 2, 0, 3, 0}).size() == 1);  // a set of something else
  const Diagnostics without = check_without_ids(*types());
  REQUIRE(without.size() == 1);
  CHECK(without[0].code.word() == "kfunc-unlisted");
  CHECK(without[0].place.type_id == 2);
  // What stands behind a kfunc with implicit arguments has its tags.
  BtfBuilder b;
  b.add(Kind::func_proto, {}, 0);
  b.add(Kind::func, "one", 1);
  b.add(Kind::func, "one_impl", 1);
  b.add(Kind::func, "other_impl", 1);
  for (const std::uint32_t function : {2U, 3U, 4U}) b.add(Kind::decl_tag, "bpf_kfunc", function, {0xffffffff});
  const std::vector<ElfSymbol> symbols{symbol("__BTF_ID__set8__kfuncs", 0, 16), symbol("__BTF_ID__func__one__2", 8)};
  std::vector<std::byte> section(16);
  for (const auto& [at, word] : {std::pair{0, 1U}, {4, 1U}, {8, 2U}}) store(section.data() + at, word, native_order);
  const Diagnostics found = check_ids(BtfIds::parse(section, native_order, symbols, 0), *b.build(), true);
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "function other_impl has the declaration tag 'bpf_kfunc', but no set of kfuncs has it");
}

}  // namespace
}  // namespace btfx
