#include "btf/btf_ext.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"
#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/co_re_maker.h"
#include "support/elf_maker.h"

namespace btfx {
namespace {

using test::error_of;

/// An object's types, and its .BTF.ext with two relocations and a line.
struct Sample {
  explicit Sample(ByteOrder sample_order) : order(sample_order) {
    test::CoreMaker maker(order);
    const TypeId type = maker.types.add_int("int", 4, 1);
    maker.ask(CoreKind::type_size, type, "0", 4);
    maker.ask(CoreKind::type_exists, type, "0", 1);
    maker.line(0, "dir/a.c", "  return 0;", 7);
    ext = maker.ext();
    btf = maker.types.build(order);
  }
  void set(std::size_t offset, std::uint32_t word) {
    store(reinterpret_cast<std::byte*>(ext.data()) + offset, word, order);
  }
  [[nodiscard]] BtfExt parse() const { return BtfExt::parse(as_bytes(ext), *btf); }
  /// What parsing says after one word is replaced.
  [[nodiscard]] std::string error(std::size_t offset, std::uint32_t word) const {
    Sample copy = *this;
    copy.set(offset, word);
    return error_of([&] { (void)copy.parse(); }).message;
  }

  ByteOrder order;
  BtfPtr btf;
  std::string ext;
};

// Where things are in the sample: header of 32 bytes, then lines (28 bytes), then relocations.
constexpr std::size_t lines_at = 32, relocations_at = 60;

}  // namespace

TEST_CASE("The records of .BTF.ext are read in either byte order") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Sample sample(order);
    const BtfExt ext = sample.parse();
    CHECK(ext.byte_order() == order);
    REQUIRE(ext.lines().size() == 1);
    const LineInfo& line = ext.lines()[0].records.at(0);
    CHECK(sample.btf->string(line.file) == "dir/a.c");
    CHECK(sample.btf->string(line.text) == "  return 0;");
    CHECK(line.line == 7);
    CHECK(line.column == 3);
    REQUIRE(ext.relocations().size() == 1);
    CHECK(ext.relocations()[0].section == "sec");
    REQUIRE(ext.relocations()[0].records.size() == 2);
    const CoreRecord& second = ext.relocations()[0].records[1];
    CHECK(second.insn_offset == 16);
    CHECK(second.root == TypeId{1});
    CHECK(sample.btf->string(second.access) == "0");
    CHECK(second.kind == 8);
    CHECK(second.position == relocations_at + 12 + 16);
  }
}

TEST_CASE("A header of 24 bytes has no relocations") {
  Sample sample(native_order);
  sample.ext.erase(24, 8);
  sample.set(4, 24);
  const BtfExt ext = sample.parse();
  CHECK(ext.lines().size() == 1);
  CHECK(ext.relocations().empty());
}

TEST_CASE("Records longer than known are stepped over by their size") {
  Sample sample(native_order);
  sample.set(relocations_at, 32);     // as long as both together
  sample.set(relocations_at + 8, 1);  // one record
  const BtfExt ext = sample.parse();
  REQUIRE(ext.relocations()[0].records.size() == 1);
  CHECK(ext.relocations()[0].records[0].kind == 9);
}

TEST_CASE("What lies about itself in .BTF.ext is refused with its place") {
  const Sample sample(native_order);
  const std::uint32_t strings = sample.btf->string_end();
  CHECK(sample.error(0, 0x00011234) == "offset 0x0: no BTF magic (0x1234 instead of 0xeb9f)");
  CHECK(sample.error(0, 0x0002eb9f) == "offset 0x2: version 2 is not known");
  CHECK(sample.error(0, 0x0101eb9f) == "offset 0x3: flags 0x1 are not known");
  CHECK(sample.error(4, 20) == "offset 0x4: header length 20 is not possible");
  CHECK(sample.error(4, 30) == "offset 0x4: header length 30 is not possible");
  CHECK(sample.error(4, 4000) == "offset 0x4: header length is 4000, but only 104 bytes are there");
  CHECK(sample.error(24, 2) == "offset 0x18: core_relo offset 2 is not a multiple of 4");
  CHECK(sample.error(24, 0xfffffffc) ==
        "offset 0x18: core_relo ends at 4294967336 after the header, but only 72 bytes are there");
  CHECK(sample.error(28, 2) == "offset 0x3c: core_relo has 2 bytes: no room for the size of a record");
  CHECK(sample.error(28, 4) == "offset 0x40: core_relo has the size of a record, but no records");
  CHECK(sample.error(28, 8) == "offset 0x40: core_relo ends within the head of a block");
  CHECK(sample.error(28, 40) ==
        "offset 0x44: core_relo has a block of 2 records of 16 bytes, but only 28 bytes are left");
  CHECK(sample.error(relocations_at, 12) == "offset 0x3c: core_relo has records of 12 bytes, 16 are expected");
  CHECK(sample.error(relocations_at, 18) == "offset 0x3c: core_relo has records of 18 bytes, 16 are expected");
  CHECK(sample.error(relocations_at + 4, strings) ==
        fmt::format("offset 0x40: section name is at string offset {}, but the strings end at {}", strings, strings));
  CHECK(sample.error(relocations_at + 8, 0) == "offset 0x44: core_relo has a block without records");
  CHECK(sample.error(relocations_at + 8, 0xffffffff) ==
        "offset 0x44: core_relo has a block of 4294967295 records of 16 bytes, but only 32 bytes are left");
  CHECK(sample.error(relocations_at + 16, 2) == "offset 0x4c: type id 2 does not exist, the last is 1");
  CHECK(sample.error(relocations_at + 20, strings) ==
        fmt::format("offset 0x50: access string is at string offset {}, but the strings end at {}", strings, strings));
  CHECK(sample.error(lines_at + 16, strings) ==
        fmt::format("offset 0x30: file name is at string offset {}, but the strings end at {}", strings, strings));
}

TEST_CASE("Records of foreign byte order have exactly the known size") {
  const Sample sample(other(native_order));
  Sample copy = sample;
  copy.set(relocations_at, 32);
  copy.set(relocations_at + 8, 1);
  CHECK(error_of([&] { (void)copy.parse(); }).message ==
        "offset 0x3c: core_relo has records of 32 bytes, 16 are expected");
}

TEST_CASE("A .BTF.ext that ends anywhere is an error or has fewer parts") {
  const Sample sample(native_order);
  for (std::size_t size = 0; size < sample.ext.size(); ++size) {
    const Bytes cut = test::exact_copy(as_bytes(std::string_view(sample.ext).substr(0, size)));
    const test::Caught caught = error_of([&] { BtfExt::parse(cut.view(), *sample.btf); });
    CHECK(caught.code == ErrorCode::truncated);
  }
}

}  // namespace btfx
