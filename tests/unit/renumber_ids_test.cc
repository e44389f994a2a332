#include "transform/ids/renumber_ids.h"

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

BtfIds ids_of(const std::vector<std::uint32_t>& words, const std::vector<ElfSymbol>& symbols) {
  return BtfIds::parse(std::as_bytes(std::span(words)), native_order, symbols, 0);
}

ElfSymbol symbol(std::string_view name, std::uint64_t value, std::uint64_t size = 4) {
  return {.name = name, .value = value, .size = size, .type = STT_OBJECT};
}

const std::vector<ElfSymbol> symbols{symbol("two_structs", 0, 0), symbol("__BTF_ID__struct__base_type__1", 0),
                                     symbol("__BTF_ID__struct__x__2", 4), symbol("__BTF_ID__set8__kfuncs", 8, 16),
                                     symbol("__BTF_ID__set__plain", 24, 8)};

TEST_CASE("renumber ids: what the kernel does not relocate is told") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  const BtfIds ids = ids_of({2, 5, 1, IdSet::kfunc_flag, 6, 0, 1, 5}, symbols);
  const RenumberedIds result = renumber_ids(ids, *split, [](TypeId id) { return std::optional(id + 100); });
  std::vector<std::uint32_t> words(8);
  REQUIRE(result.section.size() == 32);
  for (std::size_t i = 0; i < 8; ++i) words[i] = load<std::uint32_t>(result.section.data() + 4 * i, native_order);
  CHECK(words == std::vector<std::uint32_t>{102, 105, 1, 1, 106, 0, 1, 105});
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].severity == Severity::warning);
  CHECK(result.findings[0].code.word() == "ids-not-mapped");
  CHECK(result.findings[0].text ==
        "kernels do not relocate the 2 ids of list two_structs when they load a module with a distilled base, "
        "unless it registers them as destructors");
  CHECK(result.findings[1].text ==
        "kernels do not relocate the id of set plain when they load a module with a distilled base");
}

TEST_CASE("renumber ids: ids without a new number") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  const BtfIds ids = ids_of({2, 99, 0, 0, 0, 0, 0, 0},
                            {symbol("__BTF_ID__struct__base_type__1", 0), symbol("__BTF_ID__struct__x__2", 4)});
  const RenumberedIds result = renumber_ids(ids, *split, [](TypeId) { return std::nullopt; });
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].severity == Severity::warning);
  CHECK(result.findings[0].code.word() == "id-lost");
  CHECK(result.findings[0].text ==
        "word 0 (struct base_type) becomes 0, because nothing in the module's BTF refers to STRUCT base_type [2] of "
        "the base");
  CHECK(load<std::uint32_t>(result.section.data(), native_order) == 0);
  const auto hint = [](TypeView type) -> std::string_view { return is_composite(type.kind()) ? "; keep it" : "?"; };
  const RenumberedIds hinted = renumber_ids(
      ids, *split, [](TypeId) { return std::nullopt; }, hint);
  REQUIRE(hinted.findings.size() == 2);
  CHECK(hinted.findings[0].text == result.findings[0].text + "; keep it");
  CHECK(hinted.findings[1].text == result.findings[1].text);
  CHECK(result.findings[1].severity == Severity::error);
  CHECK(result.findings[1].text ==
        "word 1 (struct x) holds 99, but the last type is " + std::to_string(raw(split->end_id()) - 1));
}

TEST_CASE("renumber ids: without symbols only an unresolved section can be kept") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  const auto same = [](TypeId id) { return std::optional(id); };
  CHECK(renumber_ids(ids_of({0, 0}, {}), *split, same).findings.empty());
  const Diagnostics findings = renumber_ids(ids_of({0, 5}, {}), *split, same).findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].code.word() == "id-lost");
  CHECK(findings[0].text ==
        "holds numbers, but no symbols tell which of them are ids: the module was stripped of its local symbols");
}

}  // namespace
}  // namespace btfx
