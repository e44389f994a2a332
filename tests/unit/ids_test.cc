#include "btf/ids.h"

#include <elf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

using test::error_of;
using Words = std::vector<std::uint32_t>;

std::vector<std::byte> section_of(const Words& words, ByteOrder order = native_order) {
  std::vector<std::byte> bytes(words.size() * 4);
  for (std::size_t i = 0; i < words.size(); ++i) store(bytes.data() + 4 * i, words[i], order);
  return bytes;
}

ElfSymbol symbol(std::string_view name, std::uint64_t value, std::uint64_t size = 4, std::uint8_t type = STT_OBJECT) {
  return {.name = name, .value = value, .size = size, .type = type, .section = 1};
}

BtfIds parse(const Words& words, const std::vector<ElfSymbol>& symbols, ByteOrder order = native_order,
             std::uint64_t address = 0) {
  return BtfIds::parse(section_of(words, order), order, symbols, address);
}

Words words_of(const BtfIds& ids) {
  return {ids.words().begin(), ids.words().end()};
}

/// A list of two structs, one of them unused; a set of a union and a bare word; a set8 of two functions.
const std::vector<ElfSymbol> sample_symbols{
    symbol("first_list", 0, 0, STT_NOTYPE),
    symbol("", 0, 0, STT_SECTION),
    symbol("__BTF_ID__struct__nf_conn__1051265", 0),
    symbol("__BTF_ID__struct__nf_conn___init__1052266", 8),
    symbol("__BTF_ID__set__names", 12, 12),
    symbol("__BTF_ID__union__u__1", 16),
    symbol("kfuncs", 24, 0, STT_NOTYPE),
    symbol("__BTF_ID__set8__kfuncs", 24, 24),
    symbol("__BTF_ID__func__one__2", 32),
    symbol("__BTF_ID__func__two__3", 40),
};
const Words sample_words{11, 0, 12, 2, 9, 21, 2, 1, 31, 100, 32, 200};

TEST_CASE("ids: lists, sets and sets of pairs are told by their symbols") {
  const std::uint64_t address = GENERATE(0U, 0xffff0000U);
  std::vector<ElfSymbol> symbols = sample_symbols;
  for (ElfSymbol& symbol : symbols) symbol.value += address;
  const BtfIds ids = parse(sample_words, symbols, native_order, address);
  REQUIRE(ids.sets().size() == 2);
  CHECK(ids.sets()[0].name == "names");
  CHECK_FALSE(ids.sets()[0].pairs);
  CHECK(ids.sets()[0].word == 3);
  CHECK(ids.sets()[0].count == 2);
  CHECK(ids.sets()[1].name == "kfuncs");
  CHECK(ids.sets()[1].pairs);
  CHECK(ids.sets()[1].count == 2);
  REQUIRE(ids.entries().size() == 5);
  CHECK(ids.entries()[1].kind == Kind::struct_);
  CHECK(ids.entries()[1].name == "nf_conn___init");
  CHECK(ids.entries()[1].word == 2);
  CHECK(ids.entries()[1].set == -1);
  CHECK(ids.entries()[1].list == "first_list");
  CHECK(ids.entries()[2].kind == Kind::union_);
  CHECK(ids.entries()[2].set == 0);
  CHECK(ids.entries()[4].name == "two");
  CHECK(ids.entries()[4].set == 1);
  CHECK(ids.id_words() == Words{0, 2, 4, 5, 8, 10});
  CHECK(ids.describe(2) == "word 2 (struct nf_conn___init of list first_list)");
  CHECK(ids.describe(10) == "word 10 (of set kfuncs)");
  CHECK(ids.describe(1) == "word 1");
}

TEST_CASE("ids: names that look like the grammar around them") {
  const auto name_of = [](std::string_view text) {
    const BtfIds ids = parse({0}, {symbol(text, 0)});
    return ids.entries()[0].name;
  };
  CHECK(name_of("__BTF_ID__func__a__b__7") == "a__b");
  CHECK(name_of("__BTF_ID__func____x__7") == "__x");
  CHECK(name_of("__BTF_ID__func__x___7") == "x_");
  CHECK(name_of("__BTF_ID__typedef__struct__7") == "struct");
  CHECK(name_of("__BTF_ID__func__f__") == "f");
  CHECK(name_of("__BTF_ID__func__f__1.constprop") == "f");
}

TEST_CASE("ids: renumbering sorts sets again, flags travel along, lost ids become 0") {
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  BtfIds ids = parse(sample_words, sample_symbols, order);
  const Words lost = ids.renumber([](TypeId id) -> std::optional<TypeId> {
    if (id == TypeId{12}) return std::nullopt;
    return TypeId{100 - raw(id)};
  });
  CHECK(lost == Words{2});
  CHECK(words_of(ids) == Words{89, 0, 0, 2, 79, 91, 2, 1, 68, 200, 69, 100});
  const Bytes section = ids.bytes();
  CHECK(section.size() == sample_words.size() * 4);
  CHECK(load<std::uint32_t>(section.data(), order) == 89);
}

TEST_CASE("ids: sets are sorted by signed value, and equal ids keep their order") {
  BtfIds ids = parse({4, 1, 5, 10, 0xffffffff, 20, 0, 30, 0, 40}, {symbol("__BTF_ID__set8__s", 0, 40)});
  ids.sort_sets();
  CHECK(words_of(ids) == Words{4, 1, 0xffffffff, 20, 0, 30, 0, 40, 5, 10});
}

TEST_CASE("ids: without symbols nothing is known, and every byte is kept") {
  std::vector<std::byte> bytes = section_of({1, 2});
  bytes.push_back(std::byte{7});
  BtfIds ids = BtfIds::parse(bytes, native_order, {}, 0);
  CHECK_FALSE(ids.has_symbols());
  CHECK(ids.id_words().empty());
  CHECK(ids.renumber([](TypeId) { return std::nullopt; }).empty());
  CHECK(test::text_of(ids.bytes()) == as_text(bytes));
}

TEST_CASE("ids: symbols that break the grammar or reach outside") {
  const auto sentence = [](std::vector<ElfSymbol> symbols) {
    return error_of([&] { parse({0, 0, 0, 0}, symbols); }).sentence;
  };
  CHECK(sentence({symbol("__BTF_ID__enum__e__1", 0)}) == "symbol __BTF_ID__enum__e__1 is of no known kind");
  CHECK(sentence({symbol("__BTF_ID__struct_ops__apple__1", 0)}) ==
        "symbol __BTF_ID__struct_ops__apple__1 is of no known kind");
  CHECK(sentence({symbol("__BTF_ID__func__foo", 0)}) == "symbol __BTF_ID__func__foo names no type");
  CHECK(sentence({symbol("__BTF_ID__func____1", 0)}) == "symbol __BTF_ID__func____1 names no type");
  CHECK(sentence({symbol("__BTF_ID__func__f_1", 0)}) == "symbol __BTF_ID__func__f_1 names no type");
  CHECK(sentence({symbol("__BTF_ID__settle__x", 0)}) == "symbol __BTF_ID__settle__x names no set");
  CHECK(sentence({symbol("__BTF_ID__set8__", 0, 8)}) == "symbol __BTF_ID__set8__ names no set");
  CHECK(sentence({symbol("__BTF_ID__func__f__1", 16)}) ==
        "symbol __BTF_ID__func__f__1 stands outside the 16 bytes of the section");
  CHECK(sentence({symbol("__BTF_ID__set__s", 0, 0)}) ==
        "symbol __BTF_ID__set__s has 0 bytes, which is less than the count of a set needs");
  CHECK(sentence({symbol("__BTF_ID__set8__s", 0, 4)}) ==
        "symbol __BTF_ID__set8__s has 4 bytes, which is less than the count of a set needs");
  CHECK(sentence({symbol("__BTF_ID__set__s", 8, 12)}) ==
        "symbol __BTF_ID__set__s has 12 bytes, and so its set ends outside the section");
  CHECK(sentence({symbol("__BTF_ID__set__s", 0, 0xffffffffffffffff)})
            .ends_with("and so its set ends outside the section"));
  CHECK(sentence({symbol("__BTF_ID__set__s", 0, 4), symbol("__BTF_ID__set8__s", 8, 8)}) ==
        "symbol __BTF_ID__set8__s begins a second set with the name s; the first is at 0x0");
  CHECK(sentence({symbol("__BTF_ID__set__a", 0, 12), symbol("__BTF_ID__set__b", 4, 4)}) ==
        "symbol __BTF_ID__set__b begins a set inside of set a");
  CHECK(sentence({symbol("__BTF_ID__set__a", 0, 12), symbol("__BTF_ID__func__f__1", 0)}) ==
        "symbol __BTF_ID__func__f__1 stands where set a has its count or flags, not an id");
  CHECK(sentence({symbol("__BTF_ID__set8__a", 0, 16), symbol("__BTF_ID__func__f__1", 12)}) ==
        "symbol __BTF_ID__func__f__1 stands where set a has its count or flags, not an id");
  CHECK(sentence({symbol("__BTF_ID__struct__s__1", 8), symbol("__BTF_ID__func__s__2", 8)}) ==
        "symbol __BTF_ID__func__s__2 stands where __BTF_ID__struct__s__1 does, and names another type");
  CHECK(parse({0}, {symbol("__BTF_ID__func__f__1", 0), symbol("__BTF_ID__func__f__2", 0)}).entries().size() == 2);
}

TEST_CASE("ids: what is wrong with a symbol has a place") {
  const auto caught = error_of([&] {
    parse({0, 0, 0, 0}, {symbol("__BTF_ID__set__s", 0x108, 12)}, native_order, 0x100);
  });
  CHECK(caught.place.section == ".BTF_ids");
  CHECK(caught.place.offset == 8);
  CHECK(error_of([&] { parse({0}, {symbol("__BTF_ID__func__f__1", 0x110)}, native_order, 0x100); }).place.offset ==
        0x10);
  CHECK(error_of([&] { parse({0}, {symbol("__BTF_ID__func__f__1", 0x10)}, native_order, 0x100); }).sentence ==
        "symbol __BTF_ID__func__f__1 stands at address 0x10, before the section, which begins at 0x100");
}

TEST_CASE("ids: the entries of a range of words, whatever the order of their symbols") {
  const BtfIds ids = parse({0, 0, 0, 0}, {symbol("__BTF_ID__func__c__1", 12), symbol("__BTF_ID__func__a__2", 0),
                                          symbol("__BTF_ID__func__b__3", 4), symbol("__BTF_ID__func__b__4", 4)});
  const auto between = [&](std::uint32_t begin, std::uint32_t end) {
    const std::span<const std::uint32_t> found = ids.entries_between(begin, end);
    return Words(found.begin(), found.end());
  };
  CHECK(between(0, 4) == Words{1, 2, 3, 0});
  CHECK(between(1, 3) == Words{2, 3});
  CHECK(between(2, 3).empty());
  CHECK(ids.describe(1) == "word 1 (func b)");
}

TEST_CASE("ids: the names of symbols can be told again") {
  const BtfIds ids = parse(sample_words, sample_symbols);
  CHECK(ids.entries()[1].symbol() == "__BTF_ID__struct__nf_conn___init__1052266");
  CHECK(ids.sets()[0].symbol() == "__BTF_ID__set__names");
  CHECK(ids.sets()[1].symbol() == "__BTF_ID__set8__kfuncs");
}

}  // namespace
}  // namespace btfx
