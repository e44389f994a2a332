#include "image/elf_writer.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.h"
#include "image/signature.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"

namespace btfx {
namespace {

using test::ElfMaker;
using test::error_of;

Bytes content_of(std::string_view text) {
  return Bytes::copy_of(text);
}

std::string text_in(const ElfFile& elf, std::string_view name) {
  return test::text_of(elf.contents(*elf.find(name)));
}

/// An object as a module is laid out, a section after the BTF included.
ElfMaker module_like(bool is_64, ByteOrder order) {
  ElfMaker maker(is_64, order);
  maker.add({.name = ".text", .content = "code code code", .flags = SHF_ALLOC | SHF_EXECINSTR, .alignment = 16});
  maker.add({.name = ".bss", .type = SHT_NOBITS, .flags = SHF_ALLOC, .alignment = 32, .claimed_size = 0x100000});
  maker.add({.name = ".BTF_ids", .content = "12345678", .flags = SHF_ALLOC});
  maker.add(".BTF", std::string(101, '~'));
  maker.add({.name = ".notes", .content = "after the BTF", .type = SHT_NOTE, .alignment = 4});
  maker.add_symbols({{.name = "f", .value = 4, .size = 2, .info = STT_FUNC, .section = 1}});
  return maker;
}

/// Everything about a section but where its name stands.
bool same(const ElfFile& before, const ElfFile& after, std::size_t index) {
  const ElfSection a = before.sections()[index], b = after.sections()[index];
  const bool header = a.name == b.name && a.index == b.index && a.type == b.type && a.flags == b.flags &&
                      a.address == b.address && a.offset == b.offset && a.size == b.size &&
                      a.alignment == b.alignment && a.link == b.link && a.info == b.info &&
                      a.entry_size == b.entry_size;
  if (!header || a.type == SHT_NOBITS || a.type == SHT_NULL) return header;
  return test::text_of(before.contents(a)) == test::text_of(after.contents(b));
}

/// The names of the sections that are not what they were.
std::vector<std::string> changed(const ElfFile& before, const ElfFile& after) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < before.sections().size(); ++i) {
    if (!same(before, after, i)) names.emplace_back(before.sections()[i].name);
  }
  return names;
}

/// No two things overlap in the file, and everything lies inside.
bool is_sound(const ElfFile& elf, bool is_64) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents{{0, is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)}};
  const std::byte* bytes = elf.file().all().data();
  const std::uint64_t headers =
      is_64 ? load<std::uint64_t>(bytes + 40, elf.byte_order()) : load<std::uint32_t>(bytes + 32, elf.byte_order());
  extents.emplace_back(headers, headers + elf.sections().size() * (is_64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)));
  for (const ElfSection& section : elf.sections()) {
    if (section.type == SHT_NOBITS || section.type == SHT_NULL || section.size == 0) continue;
    extents.emplace_back(section.offset, section.offset + section.size);
  }
  std::ranges::sort(extents);
  for (std::size_t i = 1; i < extents.size(); ++i) {
    CAPTURE(i, extents[i - 1].first, extents[i - 1].second, extents[i].first, extents[i].second);
    CHECK(extents[i - 1].second <= extents[i].first);
  }
  return extents.back().second <= elf.file().size();
}

TEST_CASE("elf writer: sections grow and are added, and all else stays") {
  const bool is_64 = GENERATE(true, false);
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const bool extended = GENERATE(false, true);
  const std::size_t new_size = GENERATE(0U, 50U, 102U, 5000U);
  ElfMaker maker = module_like(is_64, order);
  if (extended) maker.use_extended_numbering();
  const ElfFile before = ElfFile::parse(maker.bytes());
  const std::vector<SectionUpdate> updates{{".BTF", content_of(std::string(new_size, 'n'))},
                                           {".BTF.base", content_of("distilled base")}};
  const ElfFile after = ElfFile::parse(update_sections(before, updates));

  CHECK(changed(before, after) == std::vector<std::string>{".BTF", ".shstrtab"});
  REQUIRE(after.sections().size() == before.sections().size() + 1);
  CHECK(text_in(after, ".BTF") == std::string(new_size, 'n'));
  CHECK(text_in(after, ".BTF.base") == "distilled base");
  for (const char* name : {".BTF", ".BTF.base"}) {
    const ElfSection& section = *after.find(name);
    CHECK(section.type == SHT_PROGBITS);
    CHECK(section.flags == 0);
    CHECK(section.alignment == 4);
    CHECK(section.offset % 8 == 0);
    CHECK((section.link == 0 && section.info == 0 && section.entry_size == 0 && section.address == 0));
  }
  CHECK(is_sound(after, is_64));
  REQUIRE(after.symbols().size() == 1);
  CHECK(after.symbols()[0].name == "f");

  // Once more, now that both are there: names are known, and nothing piles up.
  const ElfFile again = ElfFile::parse(update_sections(after, updates));
  CHECK(test::text_of(again.file().all()) == test::text_of(after.file().all()));
  const std::vector<SectionUpdate> bigger{{".BTF.base", content_of(std::string(9000, 'x'))}};
  const ElfFile third = ElfFile::parse(update_sections(after, bigger));
  CHECK(changed(after, third) == std::vector<std::string>{".BTF.base"});
  CHECK(is_sound(third, is_64));
}

TEST_CASE("elf writer: what has the same size is replaced in place") {
  const ElfFile before = ElfFile::parse(module_like(true, ByteOrder::little).bytes());
  const std::vector<SectionUpdate> updates{{".BTF_ids", content_of("87654321")}};
  const Bytes after = update_sections(before, updates);
  std::string expected = test::text_of(before.file().all());
  expected.replace(before.find(".BTF_ids")->offset, 8, "87654321");
  CHECK(test::text_of(after) == expected);
}

TEST_CASE("elf writer: the room of what was replaced is used again, and cleared") {
  const ElfFile before = ElfFile::parse(module_like(true, ByteOrder::little).bytes());
  const std::vector<SectionUpdate> updates{{".BTF", content_of("short")}};
  const ElfFile after = ElfFile::parse(update_sections(before, updates));
  CHECK(after.file().size() <= before.file().size());
  CHECK(test::text_of(after.file().all()).find('~') == std::string::npos);
}

TEST_CASE("elf writer: what stands behind room that is left moves up, and stays aligned") {
  const bool is_64 = GENERATE(true, false);
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  ElfMaker maker(is_64, order);
  maker.add({.name = ".text", .content = "code code code", .flags = SHF_ALLOC | SHF_EXECINSTR, .alignment = 16});
  maker.add(".BTF", std::string(5001, '~'));
  maker.add({.name = ".data", .content = "aligned", .flags = SHF_ALLOC, .alignment = 64});
  maker.add({.name = ".bss", .type = SHT_NOBITS, .flags = SHF_ALLOC, .alignment = 32, .claimed_size = 0x100000});
  maker.add(".BTF.base", std::string(3000, '-'));
  maker.add({.name = ".notes", .content = "after the BTF", .type = SHT_NOTE, .alignment = 4});
  maker.add_symbols({{.name = "f", .value = 4, .size = 2, .info = STT_FUNC, .section = 1}});
  const ElfFile before = ElfFile::parse(maker.bytes());
  const std::vector<SectionUpdate> updates{{".BTF", content_of("short")}, {".BTF.base", content_of("base")}};
  const ElfFile after = ElfFile::parse(update_sections(before, updates));
  CHECK(after.file().size() + 8001 - 2 * 64 - 16 <= before.file().size());
  CHECK(is_sound(after, is_64));
  REQUIRE(after.sections().size() == before.sections().size());
  for (const ElfSection& was : before.sections()) {
    const ElfSection& is = after.sections()[was.index];
    CAPTURE(was.name);
    CHECK((is.name == was.name && is.type == was.type && is.flags == was.flags && is.link == was.link &&
           is.info == was.info && is.alignment == (was.name.starts_with(".BTF") ? 4 : was.alignment)));
    if (was.name.starts_with(".BTF") || was.type == SHT_NULL) continue;
    CHECK((was.offset - is.offset) % 64 == 0);
    if (was.type != SHT_NOBITS) CHECK(test::text_of(after.contents(is)) == test::text_of(before.contents(was)));
  }
  CHECK(text_in(after, ".BTF") == "short");
  CHECK(text_in(after, ".BTF.base") == "base");
  CHECK(after.symbols()[0].name == "f");
}

TEST_CASE("elf writer: a compressed section is replaced by a plain one, even of its size") {
  ElfMaker maker;
  maker.add({.name = ".BTF", .content = std::string(30, 'z'), .flags = SHF_COMPRESSED});
  const ElfFile before = ElfFile::parse(maker.bytes());
  const std::vector<SectionUpdate> updates{{".BTF", content_of(std::string(30, 'p'))}};
  const ElfFile after = ElfFile::parse(update_sections(before, updates));
  CHECK(after.find(".BTF")->flags == 0);
  CHECK(text_in(after, ".BTF") == std::string(30, 'p'));
}

/// A little-endian 64-bit file in which a field of a section header says something else.
template <typename Value>
ElfFile with_header(const ElfFile& elf, std::string_view section, std::size_t field, Value value) {
  std::string file = test::text_of(elf.file().all());
  const auto headers = load<std::uint64_t>(elf.file().all().data() + offsetof(Elf64_Ehdr, e_shoff), ByteOrder::little);
  const std::size_t at = headers + elf.find(section)->index * sizeof(Elf64_Shdr) + field;
  store(reinterpret_cast<std::byte*>(file.data()) + at, value, ByteOrder::little);
  return ElfFile::parse(content_of(file));
}

TEST_CASE("elf writer: bytes that another section uses, too, are left alone") {
  ElfFile elf = ElfFile::parse(module_like(true, ByteOrder::little).bytes());
  // Let .notes begin inside .BTF.
  elf = with_header(elf, ".notes", offsetof(Elf64_Shdr, sh_offset), elf.find(".BTF")->offset + 90);
  const std::string shared = text_in(elf, ".notes");
  for (const std::size_t size : {101U, 60U, 4000U}) {
    const std::vector<SectionUpdate> updates{{".BTF", content_of(std::string(size, 'n'))}};
    const ElfFile after = ElfFile::parse(update_sections(elf, updates));
    CHECK(text_in(after, ".notes") == shared);
    CHECK(text_in(after, ".BTF") == std::string(size, 'n'));
  }
}

TEST_CASE("elf writer: a section that lies over the headers is moved away from them") {
  const ElfFile elf = ElfFile::parse(module_like(true, ByteOrder::little).bytes());
  const auto headers = load<std::uint64_t>(elf.file().all().data() + offsetof(Elf64_Ehdr, e_shoff), ByteOrder::little);
  for (const std::uint64_t at : {std::uint64_t{0}, headers + 10}) {
    const ElfFile spoiled = with_header(elf, ".BTF", offsetof(Elf64_Shdr, sh_offset), at);
    const std::vector<SectionUpdate> updates{{".BTF", content_of(std::string(101, 'h'))}};
    const ElfFile after = ElfFile::parse(update_sections(spoiled, updates));
    CHECK(text_in(after, ".BTF") == std::string(101, 'h'));
    CHECK(text_in(after, ".text") == text_in(elf, ".text"));
    CHECK(after.sections().size() == elf.sections().size());
  }
}

TEST_CASE("elf writer: an unused section header is not taken for the section it names") {
  const ElfFile elf = ElfFile::parse(module_like(true, ByteOrder::little).bytes());
  const std::uint32_t type = SHT_NULL;
  const ElfFile unused = with_header(elf, ".BTF", offsetof(Elf64_Shdr, sh_type), type);
  CHECK(unused.find(".BTF") == nullptr);
  const std::vector<SectionUpdate> updates{{".BTF", content_of(std::string(101, 'u'))}};
  const ElfFile after = ElfFile::parse(update_sections(unused, updates));
  CHECK(text_in(after, ".BTF") == std::string(101, 'u'));
  CHECK(after.sections().size() == elf.sections().size() + 1);
}

TEST_CASE("elf writer: section names that cannot be relied on") {
  const ElfFile elf = ElfFile::parse(module_like(true, ByteOrder::little).bytes());
  const std::vector<SectionUpdate> updates{{".BTF.base", content_of("base")}};
  const std::uint32_t type = SHT_NULL;
  const ElfFile no_table = with_header(elf, ".shstrtab", offsetof(Elf64_Shdr, sh_type), type);
  const std::size_t index = elf.find(".shstrtab")->index;
  CHECK(error_of([&] { update_sections(no_table, updates); }).sentence ==
        fmt::format("section names lie in section {}, which is not a string table", index));
  const std::uint64_t length = elf.file().size() - elf.find(".shstrtab")->offset;
  const ElfFile over_headers = with_header(elf, ".shstrtab", offsetof(Elf64_Shdr, sh_size), length);
  CHECK(error_of([&] { update_sections(over_headers, updates); }).sentence ==
        fmt::format("section names lie in section {}, which overlaps the file's headers", index));
}

TEST_CASE("elf writer: the number of sections outgrows the file header") {
  for (const std::uint32_t count : {0xfeffU, 0xff00U}) {  // with the null section and .shstrtab, one before and at it
    ElfMaker maker(true, ByteOrder::big);
    for (std::uint32_t i = 0; i + 3 < count; ++i) maker.add("s", "");
    maker.add(".BTF", "old");
    if (count >= 0xff00) maker.use_extended_numbering();
    const ElfFile before = ElfFile::parse(maker.bytes());
    REQUIRE(before.sections().size() == count);
    const std::vector<SectionUpdate> updates{{".BTF.base", content_of("base")}};
    const ElfFile after = ElfFile::parse(update_sections(before, updates));
    CHECK(after.sections().size() == count + 1);
    CHECK(text_in(after, ".BTF.base") == "base");
    CHECK(load<std::uint16_t>(after.file().all().data() + offsetof(Elf64_Ehdr, e_shnum), ByteOrder::big) == 0);
    CHECK(after.sections()[0].size == count + 1);
  }
}

TEST_CASE("elf writer: the number of program headers outgrows the file header") {
  constexpr std::uint32_t count = 0x10000;
  ElfMaker maker;
  maker.add(".text", std::string(std::size_t{count} * sizeof(Elf64_Phdr), 't'));
  maker.add(".BTF", std::string(101, '~'));
  const ElfFile plain = ElfFile::parse(maker.bytes());
  // A table whose last header lies over .BTF.
  std::string file = test::text_of(plain.file().all());
  auto* bytes = reinterpret_cast<std::byte*>(file.data());
  const std::uint64_t at = plain.find(".BTF")->offset - (count - 1) * sizeof(Elf64_Phdr);
  store(bytes + offsetof(Elf64_Ehdr, e_phoff), at, ByteOrder::little);
  store(bytes + offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{PN_XNUM}, ByteOrder::little);
  const auto headers = load<std::uint64_t>(bytes + offsetof(Elf64_Ehdr, e_shoff), ByteOrder::little);
  store(bytes + headers + offsetof(Elf64_Shdr, sh_info), count, ByteOrder::little);
  const ElfFile before = ElfFile::parse(content_of(file));
  for (const std::size_t size : {101U, 60U, 4000U}) {
    const std::vector<SectionUpdate> updates{{".BTF", content_of(std::string(size, 'n'))}};
    const ElfFile after = ElfFile::parse(update_sections(before, updates));
    CHECK(text_in(after, ".BTF") == std::string(size, 'n'));
    const std::uint64_t end = at + std::uint64_t{count} * sizeof(Elf64_Phdr);
    CHECK(test::text_of(after.file().all().slice(at, end - at)) == file.substr(at, end - at));
    CHECK(after.sections()[0].info == count);
  }
}

TEST_CASE("elf writer: what is part of the running image does not change its size") {
  ElfMaker maker;
  maker.add({.name = ".BTF", .content = "linked", .flags = SHF_ALLOC});
  const ElfFile elf = ElfFile::parse(maker.bytes());
  const std::vector<SectionUpdate> updates{{".BTF", content_of("longer than that")}};
  const auto caught = error_of([&] { update_sections(elf, updates); });
  CHECK(caught.code == ErrorCode::refused);
  CHECK(caught.message ==
        ".BTF: section is part of the running image, as in vmlinux, and cannot change its size after linking");
  const std::vector<SectionUpdate> same_size{{".BTF", content_of("LINKED")}};
  CHECK(text_in(ElfFile::parse(update_sections(elf, same_size)), ".BTF") == "LINKED");
}

std::string signed_file(const std::string& file, std::uint32_t length) {
  std::string result = file + std::string(length, 's');
  result += std::string("\0\0\2\0\0\0\0\0", 8);
  std::byte size[4];
  store(size, length, ByteOrder::big);
  result.append(reinterpret_cast<const char*>(size), 4);
  return result + "~Module signature appended~\n";
}

TEST_CASE("elf writer: signatures are found, and not kept") {
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const std::string plain = module_like(true, order).make();
  CHECK_FALSE(find_signature(as_bytes(plain)));
  const std::string signed_module = signed_file(plain, 421);
  REQUIRE(find_signature(as_bytes(signed_module)));
  CHECK(find_signature(as_bytes(signed_module))->offset == plain.size());

  const std::vector<SectionUpdate> updates{{".BTF", content_of("new")}};
  const Bytes from_signed = update_sections(ElfFile::parse(content_of(signed_module)), updates);
  const Bytes from_plain = update_sections(ElfFile::parse(content_of(plain)), updates);
  CHECK(test::text_of(from_signed) == test::text_of(from_plain));
  const std::vector<SectionUpdate> in_place{{".BTF_ids", content_of("12345678")}};
  CHECK(test::text_of(update_sections(ElfFile::parse(content_of(signed_module)), in_place)) == plain);
}

TEST_CASE("elf writer: signatures that make no sense") {
  const std::string mark = "~Module signature appended~\n";
  CHECK(error_of([&] { find_signature(as_bytes(mark)); }).sentence ==
        "ends in the mark of a module signature, but is too short for one");
  CHECK_FALSE(find_signature(as_bytes(mark.substr(1))));
  const std::string file = signed_file("ELF", 10);
  CHECK(find_signature(as_bytes(file))->offset == 3);
  std::string too_long = file;
  too_long[too_long.size() - mark.size() - 1] = 13;
  const auto caught = error_of([&] { find_signature(as_bytes(too_long)); });
  CHECK(caught.code == ErrorCode::malformed);
  CHECK(caught.sentence == "has a module signature of 13 bytes, more than the file is long");
}

TEST_CASE("elf writer: files without section headers") {
  std::string file = ElfMaker().make();
  store(reinterpret_cast<std::byte*>(file.data()) + offsetof(Elf64_Ehdr, e_shoff), std::uint64_t{0}, ByteOrder::little);
  const ElfFile elf = ElfFile::parse(content_of(file));
  const std::vector<SectionUpdate> updates{{".BTF", content_of("new")}};
  CHECK(error_of([&] { update_sections(elf, updates); }).sentence ==
        "has no section headers, so that no section can be added");
}

}  // namespace
}  // namespace btfx
