#include "btf/load.h"

#include <filesystem>
#include <string>

#include "catch.h"
#include "image/source.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "support/elf_samples.h"
#include "support/packers.h"
#include "support/temp_dir.h"
#include "transform/edit/rebase.h"

namespace btfx::test {

namespace {

Image image_of(const std::string& file) {
  return unwrap(Bytes::copy_of(file), "m.ko");
}

}  // namespace

TEST_CASE("The BTF is the same out of every wrapping") {
  const std::string blob = base_blob();
  const std::string vmlinux = vmlinux_file("6.1", blob);
  const std::string flat = flat_kernel("6.1", blob);
  for (const std::string& file : {blob, packed(blob, Compression::xz), vmlinux, packed(vmlinux, Compression::gzip),
                                  flat, bz_image(kernel_payload_of(vmlinux, Compression::zstd)),
                                  zboot_image(kernel_payload_of(flat, Compression::gzip))}) {
    const Image image = image_of(file);
    CHECK(text_of(btf_section(image)) == blob);
    CHECK(text_of((*load_btf(image)).blob()) == blob);
    CHECK(relation_of(image) == Relation::standalone);

    const TempDir directory;
    write_file(directory / "base", file);
    CHECK(text_of((*load_base(directory / "base")).blob()) == blob);
  }
}

TEST_CASE("Sections are taken by name, and must have content") {
  ElfMaker file;
  file.add(".BTF", base_blob());
  file.add(".BTF.ext", "ext");
  file.add({.name = ".BTF_ids", .content = "1234", .type = 7});
  file.add({.name = ".BTF.base", .type = 8, .claimed_size = 100});
  const Image image = image_of(file.make());
  CHECK(text_of(btf_section(image, ".BTF.ext")) == "ext");
  CHECK(has_section(image, ".BTF.base"));
  CHECK_FALSE(has_section(image, ".BTF.bas"));
  const Caught missing = error_of([&] { btf_section(image, ".nothing"); });
  CHECK(missing.code == ErrorCode::no_btf);
  CHECK(missing.message == "m.ko: has no section .nothing");
  CHECK(error_of([&] { btf_section(image, ".BTF_ids"); }).message ==
        "m.ko: .BTF_ids: section has type 7, not SHT_PROGBITS");
  CHECK(error_of([&] { btf_section(image, ".BTF.base"); }).message ==
        "m.ko: .BTF.base: section has a size of 100 bytes but no content in this file (SHT_NOBITS): the file seems to "
        "hold debug information only");

  const Image raw = image_of(base_blob());
  CHECK_FALSE(has_section(raw, ".BTF"));
  CHECK(error_of([&] { btf_section(raw, ".BTF.ext"); }).message ==
        "m.ko: is not an ELF file, so it has no section .BTF.ext");
  CHECK(error_of([&] { btf_section(image_of(flat_kernel("6.1", ""))); }).message ==
        "m.ko: kernel image has no BTF in it");
}

TEST_CASE("What only looks like BTF in a flat image is parsed up to an amount that follows the image") {
  const std::string blob = text_of(all_kinds().finish());
  // Headers behind each other that all claim what follows up to the same strings. The first type of each is the next.
  const auto flat = [&blob](std::uint32_t headers, ByteOrder order) {
    constexpr std::uint32_t padding = 60000;
    Writer false_hits(order);
    for (std::uint32_t i = headers; i-- > 0;) {
      const std::uint32_t types = i * BtfHeader::old_length + padding;
      false_hits.put(BtfHeader::magic).put(std::uint8_t{1}).put(std::uint8_t{0}).put(BtfHeader::old_length);
      for (const std::uint32_t word : {0U, types, types, 4U}) false_hits.put(word);
    }
    return image_of(flat_kernel("6.1", false_hits.text() + std::string(padding + 4, '\0') + blob));
  };
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CHECK(text_of(btf_section(flat(0, order))) == blob);
    CHECK(text_of(btf_section(flat(60, order))) == blob);
    CHECK(error_of([&] { btf_section(flat(80, order)); }).message ==
          "m.ko: too much in this kernel image looks like BTF and is none");
  }
}

TEST_CASE("The ELF class fixes the pointer size; raw BTF tells by its types") {
  const std::string blob = text_of(all_kinds().finish());  // has `long unsigned int` of 8 bytes
  ElfMaker file(false, ByteOrder::big);
  file.add(".BTF", blob);
  CHECK((*load_btf(image_of(file.make()))).pointer_size() == 4);
  CHECK((*load_btf(image_of(blob))).pointer_size() == 8);
}

TEST_CASE("Errors in BTF name file and section") {
  ElfMaker file;
  file.add(".BTF", base_blob().substr(0, 20));
  CHECK(error_of([&] { load_btf(image_of(file.make())); }).message ==
        "m.ko: .BTF: BTF header needs 24 bytes, only 20 are there");
  CHECK(error_of([&] { load_btf(image_of(base_blob().substr(0, 20))); }).message ==
        "m.ko: BTF header needs 24 bytes, only 20 are there");
}

TEST_CASE("The relation to a base is told by content") {
  CHECK(relation_of(image_of(base_blob())) == Relation::standalone);
  CHECK(relation_of(image_of(split_blob())) == Relation::split);
  CHECK(relation_of(image_of(module_file("6.1", split_blob()))) == Relation::split);
  CHECK(relation_of(image_of(module_file("6.1", split_blob(), base_blob()))) == Relation::distilled);
  CHECK(relation_of(image_of(vmlinux_file("6.1", base_blob()))) == Relation::standalone);
  CHECK(relation_of(image_of(text_of(small_split(small_base().build()).finish(ByteOrder::big)))) == Relation::split);
  // Without types and strings of its own.
  CHECK(relation_of(image_of(text_of(BtfBuilder(small_base().build()).finish()))) == Relation::split);
  CHECK(relation_of(image_of(split_blob().substr(0, 20))) == Relation::standalone);
  // A root's strings, but numbers that continue a base.
  const std::string moved = text_of(rebase(*small_base().build(), *all_kinds().build(), native_order));
  CHECK(relation_of(image_of(moved)) == Relation::split);
  CHECK(relation_of(image_of(module_file("6.1", moved))) == Relation::split);
  CHECK(to_string(Relation::distilled) == "distilled");
}

TEST_CASE("A base must stand alone") {
  const TempDir directory;
  write_file(directory / "split", split_blob());
  write_file(directory / "distilled", module_file("6.1", split_blob(), base_blob()));
  const Caught split = error_of([&] { load_base(directory / "split"); });
  CHECK(split.code == ErrorCode::no_base);
  CHECK(split.message == directory / "split" + ": is split BTF and cannot be a base itself");
  CHECK(error_of([&] { load_base(directory / "distilled"); }).message ==
        directory / "distilled" + ": is distilled BTF and cannot be a base itself");
}

TEST_CASE("Real modules load on a real base") {
  const BtfPtr base = load_base(data_path("vmlinux-6.12.115.btf.xz"));
  for (const char* name : {"dummy", "tcp_dctcp", "xt_bpf", "i2c-smbus"}) {
    CAPTURE(name);
    const Image image = read_source(data_path(std::string("modules/") + name + ".ko.xz"));
    CHECK(relation_of(image) == Relation::split);
    CHECK((*load_btf(image, base)).own_types() > 0);
  }
}

}  // namespace btfx::test
