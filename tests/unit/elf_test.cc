#include "image/elf.h"

#include <elf.h>

#include <string>

#include "catch.h"
#include "image/compress.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace {

struct Flavour {
  bool is_64;
  ByteOrder order;
};
constexpr Flavour flavours[] = {
    {true, ByteOrder::little}, {true, ByteOrder::big}, {false, ByteOrder::little}, {false, ByteOrder::big}};

ElfMaker maker(const Flavour& flavour) {
  return ElfMaker(flavour.is_64, flavour.order);
}

std::string section_text(const ElfFile& elf, std::string_view name) {
  const ElfSection* section = elf.find(name);
  REQUIRE(section != nullptr);
  return text_of(elf.contents(*section));
}

Caught parse_error(const std::string& file) {
  return error_of([&] { ElfFile::parse(Bytes::copy_of(file)); });
}

Caught contents_error(const Bytes& file, std::string_view name) {
  const ElfFile elf = ElfFile::parse(file);
  return error_of([&] { (void)elf.contents(*elf.find(name)); });
}

/// A section's content with the header that SHF_COMPRESSED wants.
std::string compressed_section(const Flavour& flavour, std::uint32_t method, std::uint64_t size,
                               std::string_view packed) {
  Writer writer(flavour.order);
  writer.put(method);
  if (flavour.is_64) writer.put(std::uint32_t{0});
  writer.put_address(size, flavour.is_64).put_address(1, flavour.is_64).put(packed);
  return writer.text();
}

/// A zlib stream of one block that is stored as it is.
std::string zlib_stream(std::string_view content) {
  const auto length = static_cast<std::uint16_t>(content.size());
  std::uint32_t low = 1, high = 0;  // Adler-32
  for (const char c : content) {
    low = (low + static_cast<unsigned char>(c)) % 65521;
    high = (high + low) % 65521;
  }
  Writer block(ByteOrder::little), checksum(ByteOrder::big);
  block.put("\x78\x01\x01").put(length).put(static_cast<std::uint16_t>(~length)).put(content);
  return block.text() + checksum.put(high << 16 | low).text();
}

}  // namespace

TEST_CASE("Sections are found in ELF files of both classes and byte orders") {
  for (const Flavour& flavour : flavours) {
    CAPTURE(flavour.is_64, to_string(flavour.order));
    ElfMaker file = maker(flavour);
    file.add(".text", "code");
    file.add({.name = ".BTF", .content = "first", .flags = SHF_ALLOC});
    file.add({.name = ".BTF", .content = "second", .link = 7, .info = 9, .alignment = 8, .entry_size = 3});
    file.add(".BTF.base", "");
    for (const bool extended : {false, true}) {
      CAPTURE(extended);
      if (extended) file.use_extended_numbering();
      const ElfFile elf = ElfFile::parse(file.bytes());
      CHECK(elf.is_64() == flavour.is_64);
      CHECK(elf.pointer_size() == (flavour.is_64 ? 8 : 4));
      CHECK(elf.byte_order() == flavour.order);
      CHECK(elf.machine() == EM_BPF);
      CHECK(elf.file_type() == ET_REL);
      REQUIRE(elf.sections().size() == 6);
      CHECK(elf.sections()[0].name.empty());
      CHECK(elf.sections()[1].name == ".text");
      CHECK(elf.sections()[5].name == ".shstrtab");
      CHECK(section_text(elf, ".BTF") == "second");  // of several the last
      CHECK(section_text(elf, ".BTF.base").empty());
      CHECK(elf.find(".BTF.ext") == nullptr);
      CHECK(elf.find(".BT") == nullptr);
      const ElfSection& section = *elf.find(".BTF");
      CHECK(section.index == 3);
      CHECK(section.type == SHT_PROGBITS);
      CHECK(section.flags == 0);
      CHECK(section.size == 6);
      CHECK(section.offset % 8 == 0);
      CHECK(section.alignment == 8);
      CHECK(section.link == 7);
      CHECK(section.info == 9);
      CHECK(section.entry_size == 3);
      CHECK(elf.sections()[2].flags == SHF_ALLOC);
    }
  }
}

TEST_CASE("More sections than the file header can count are read") {
  ElfMaker file;
  for (int i = 0; i < 0x10010; ++i) file.add(".filler", "");
  file.add(".BTF", "here");
  file.use_extended_numbering();
  const ElfFile elf = ElfFile::parse(file.bytes());
  CHECK(elf.sections().size() == 0x10010 + 3);
  CHECK(section_text(elf, ".BTF") == "here");
}

TEST_CASE("Of several symbol tables the last counts") {
  for (const Flavour& flavour : flavours) {
    ElfMaker file = maker(flavour);
    file.add_symbols({{"first", 1, 2, 0, 1}, {"too", 1, 2, 0, 1}});
    file.add_symbols({{"last", 3, 4, 0, 1}});
    const ElfFile elf = ElfFile::parse(file.bytes());
    const std::vector<ElfSymbol> symbols = elf.symbols();
    REQUIRE(symbols.size() == 1);
    CHECK(symbols[0].name == "last");
    CHECK(symbols[0].value == 3);
  }
}

TEST_CASE("Symbols are read with their sections, however high these number") {
  for (const Flavour& flavour : flavours) {
    CAPTURE(flavour.is_64, to_string(flavour.order));
    ElfMaker file = maker(flavour);
    file.add(".BTF_ids", "ids");
    file.add_symbols({{"__BTF_ID__func__f__1", 8, 4, ELF64_ST_INFO(STB_LOCAL, STT_OBJECT), 1},
                      {"far", 0, 0, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0xff05},
                      {"absolute", 1, 0, 0, SHN_ABS},
                      {"", 0, 0, 0, 0}});
    const ElfFile elf = ElfFile::parse(file.bytes());
    const std::vector<ElfSymbol> symbols = elf.symbols();
    REQUIRE(symbols.size() == 4);
    CHECK(symbols[0].name == "__BTF_ID__func__f__1");
    CHECK(symbols[0].value == 8);
    CHECK(symbols[0].size == 4);
    CHECK(symbols[0].type == STT_OBJECT);
    CHECK(symbols[0].binding == STB_LOCAL);
    CHECK(symbols[0].section == 1);
    CHECK(symbols[1].name == "far");
    CHECK(symbols[1].type == STT_FUNC);
    CHECK(symbols[1].binding == STB_GLOBAL);
    CHECK(symbols[1].section == 0xff05);
    CHECK(symbols[2].section == SHN_ABS);
    CHECK(symbols[3].name.empty());
  }
  const ElfFile bare = ElfFile::parse(ElfMaker().bytes());
  CHECK(bare.symbols().empty());
}

TEST_CASE("Broken symbol tables are errors") {
  const auto error = [](std::string names, std::uint64_t entry_size, std::uint32_t link) {
    ElfMaker file;
    file.add({.name = ".symtab",
              .content = std::string(24, '\0') + std::string("\x05", 1) + std::string(23, '\0'),
              .type = SHT_SYMTAB,
              .link = link,
              .entry_size = entry_size});
    file.add({.name = ".strtab", .content = std::move(names), .type = SHT_STRTAB});
    const ElfFile elf = ElfFile::parse(file.bytes());
    return error_of([&] { (void)elf.symbols(); });
  };
  CHECK(error(std::string("\0abcdef\0", 8), 24, 2).sentence.empty());
  CHECK(error(std::string("\0abcdef", 7), 24, 2).message ==
        ".symtab: name of symbol 1 (offset 0x5) lies outside .strtab");
  CHECK(error(std::string("\0ab", 3), 24, 2).message == ".symtab: name of symbol 1 (offset 0x5) lies outside .strtab");
  CHECK(error(std::string("\0abcdef\0", 8), 16, 2).message ==
        ".symtab: symbols of 16 bytes each, where the ELF class has 24");
  CHECK(error(std::string("\0abcdef\0", 8), 24, 99).message == ".symtab: symbol names are in no section");
}

TEST_CASE("A section without content is an error that says why") {
  ElfMaker file;
  file.add({.name = ".BTF", .type = SHT_NOBITS, .claimed_size = 4711});
  const Caught caught = contents_error(file.bytes(), ".BTF");
  CHECK(caught.code == ErrorCode::no_btf);
  CHECK(caught.message ==
        ".BTF: section has a size of 4711 bytes but no content in this file (SHT_NOBITS): the file seems to hold debug "
        "information only");
}

TEST_CASE("A section outside the file is an error that tells where it should be") {
  ElfMaker file;
  file.add({.name = ".BTF", .content = "1234", .claimed_size = 0x1000});
  const Caught caught = contents_error(file.bytes(), ".BTF");
  CHECK(caught.code == ErrorCode::truncated);
  CHECK(caught.message == ".BTF: section has 0x1000 bytes from file offset 0x40 on, but the file ends at 0x118");

  file = ElfMaker();
  file.add({.name = ".BTF", .content = "1234", .claimed_size = UINT64_MAX});
  CHECK(contents_error(file.bytes(), ".BTF").code == ErrorCode::truncated);
}

TEST_CASE("Compressed sections unpack, by zlib and by zstd") {
  const std::string content = "types, types, types, types, types and types";
  const Bytes zstd = compress(as_bytes(content), Compression::zstd);
  const std::string zlib = zlib_stream(content);
  for (const Flavour& flavour : flavours) {
    CAPTURE(flavour.is_64, to_string(flavour.order));
    const auto file = [&](std::uint32_t method, std::uint64_t size, std::string_view packed) {
      ElfMaker maker_of = maker(flavour);
      maker_of.add(".text", "code");
      maker_of.add({.name = ".BTF",
                    .content = compressed_section(flavour, method, size, packed),
                    .flags = SHF_COMPRESSED,
                    .alignment = 8});
      return maker_of.bytes();
    };
    CHECK(section_text(ElfFile::parse(file(1, content.size(), zlib)), ".BTF") == content);
    CHECK(section_text(ElfFile::parse(file(2, content.size(), text_of(zstd))), ".BTF") == content);

    // The file may be mapped read-only.
    const TempDir directory;
    write_file(directory / "a.o", text_of(file(1, content.size(), zlib)));
    CHECK(section_text(ElfFile::parse(Bytes::map_file(directory / "a.o")), ".BTF") == content);

    CHECK(contents_error(file(1, content.size(), zlib.substr(0, 20)), ".BTF").message ==
          ".BTF: compressed section (zlib) is damaged");
    CHECK(contents_error(file(1, content.size() + 1, zlib), ".BTF").message ==
          ".BTF: compressed section (zlib) is damaged");
    CHECK(contents_error(file(2, content.size(), text_of(zstd).substr(0, 20)), ".BTF").message ==
          ".BTF: zstd data ends before it should");
    CHECK(contents_error(file(2, content.size() + 1, text_of(zstd)), ".BTF").message ==
          ".BTF: compressed section unpacks to 43 bytes where its header says 44");
    CHECK(contents_error(file(2, content.size() - 1, text_of(zstd)), ".BTF").message ==
          ".BTF: zstd data unpacks to more than 42 bytes");
    CHECK(contents_error(file(9, content.size(), zlib), ".BTF").message ==
          ".BTF: section is compressed by unknown method 9");
    CHECK(contents_error(file(1, 0xf0000000, zlib), ".BTF").message ==
          ".BTF: compressed section unpacks to 4026531840 bytes, which is too much");
  }
  ElfMaker tiny;
  tiny.add({.name = ".BTF", .content = "short", .flags = SHF_COMPRESSED});
  CHECK(contents_error(tiny.bytes(), ".BTF").message ==
        ".BTF: compressed section needs a header of 24 bytes, only 5 are there");
}

TEST_CASE("What is not an ELF file, or none that can be read, is said plainly") {
  ElfMaker maker_of;
  maker_of.add(".BTF", "x");
  const std::string good = maker_of.make();
  const auto spoiled = [&](std::size_t at, unsigned value) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(value);
    return parse_error(bytes);
  };
  CHECK(parse_error("").message == "offset 0x0: has no ELF magic");
  CHECK(parse_error("MZ").code == ErrorCode::malformed);
  CHECK(parse_error(good.substr(0, 10)).message == "ELF header needs at least 16 bytes, only 10 are there");
  CHECK(parse_error(good.substr(0, 63)).message == "ELF header needs 64 bytes, only 63 are there");
  CHECK(spoiled(4, 3).message == "offset 0x4: ELF class 3 is neither 32 nor 64 bits");
  CHECK(spoiled(5, 0).message == "offset 0x5: ELF data encoding 0 is neither little nor big endian");
  CHECK(spoiled(6, 0).message == "offset 0x6: ELF version 0 is not 1");
  CHECK(spoiled(0x3a, 63).message == "offset 0x3a: section headers of 63 bytes each, where the ELF class has 64");
  CHECK(spoiled(0x3c, 200).message ==
        "offset 0x58: 200 section headers are said to be here, but the file ends at 0x118");
  CHECK(spoiled(0x2a, 1).message == "offset 0x10058: section headers are said to be here, but the file ends at 0x118");
  CHECK(spoiled(0x2f, 0xff).code == ErrorCode::truncated);
  CHECK(spoiled(0x3e, 77).message == "section names are said to be in section 77, but there are only 3");
  // The name of section 1, in its header.
  CHECK(spoiled(0x58 + 64, 99).message == "name of section 1 (offset 0x63) lies outside the 16 bytes of section names");
}

TEST_CASE("A file without section headers has no sections") {
  std::string bytes = ElfMaker().make();
  bytes.replace(0x28, 8, 8, '\0');
  const ElfFile elf = ElfFile::parse(Bytes::copy_of(bytes));
  CHECK(elf.sections().empty());
  CHECK(elf.find(".BTF") == nullptr);
  CHECK(elf.symbols().empty());
}

TEST_CASE("An ELF file cut at every length is an error, never a wrong answer") {
  for (const Flavour& flavour : flavours) {
    CAPTURE(flavour.is_64, to_string(flavour.order));
    ElfMaker file = maker(flavour);
    file.add(".BTF", "content of the section");
    file.add_symbols({{"name", 1, 2, 0, 1}});
    const std::string good = file.make();
    for (std::size_t length = 0; length < good.size(); ++length) {
      CAPTURE(length);
      const Caught caught = parse_error(good.substr(0, length));
      CHECK(caught.code == (length < 4 ? ErrorCode::malformed : ErrorCode::truncated));
      CHECK_FALSE(caught.sentence.empty());
    }
  }
}

TEST_CASE("An ELF file with any byte spoiled is an error or reads within its bounds") {
  ElfMaker file;
  file.add(".BTF", "content");
  file.add({.name = ".BTF.ext", .content = std::string(40, 'z'), .flags = SHF_COMPRESSED});
  file.add_symbols({{"name", 1, 2, 0, 1}, {"far", 1, 2, 0, 0xff10}});
  const std::string good = file.make();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x02, 0x7f, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      const ByteView view = as_bytes(bytes);
      const Bytes exact = exact_copy(view);
      error_of([&] {
        const ElfFile elf = ElfFile::parse(exact);
        for (const ElfSection& section : elf.sections()) error_of([&] { (void)elf.contents(section); });
        for (const ElfSymbol& symbol : elf.symbols()) CHECK(symbol.name.size() < good.size());
      });
    }
  }
}

}  // namespace btfx::test
