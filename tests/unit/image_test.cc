#include "image/image.h"

#include <elf.h>

#include <string>
#include <vector>

#include "catch.h"
#include "image/source.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "support/elf_samples.h"
#include "support/packers.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace {

using Wrappings = std::vector<std::string>;

Image unwrapped(const std::string& file) {
  return unwrap(Bytes::copy_of(file), "input");
}

Caught unwrap_error(const std::string& file) {
  return error_of([&] { unwrapped(file); });
}

}  // namespace

TEST_CASE("Raw BTF and ELF files are taken as they are") {
  const Image raw = unwrapped(base_blob());
  CHECK(raw.name == "input");
  CHECK(raw.form == Form::raw_btf);
  CHECK(raw.wrappings.empty());
  CHECK_FALSE(raw.elf);
  CHECK(text_of(raw.content()) == base_blob());
  CHECK(unwrapped(text_of(small_base().finish(ByteOrder::big))).form == Form::raw_btf);

  const Image elf = unwrapped(module_file("6.1", split_blob()));
  CHECK(elf.form == Form::elf);
  REQUIRE(elf.elf);
  CHECK(elf.elf->find(".BTF")->size == split_blob().size());
}

TEST_CASE("Compression is taken off, several layers of it as well") {
  const std::string module = module_file("6.1", split_blob());
  for (const Compression format : {Compression::gzip, Compression::xz, Compression::zstd, Compression::lz4,
                                   Compression::bzip2, Compression::lzma}) {
    const Image image = unwrapped(packed(module, format));
    CHECK(image.wrappings == Wrappings{std::string(to_string(format))});
    CHECK(image.form == Form::elf);
    CHECK(text_of(image.content()) == module);
    CHECK(text_of(rewrap(image, image.content())) == packed(module, format));
  }
  const Image twice = unwrapped(packed(packed(module, Compression::xz), Compression::gzip));
  CHECK(twice.wrappings == Wrappings{"gzip", "xz"});
  CHECK(text_of(twice.content()) == module);
  CHECK(text_of(rewrap(twice, twice.content())) == packed(packed(module, Compression::xz), Compression::gzip));

  std::string many = module;
  for (int i = 0; i < 9; ++i) many = packed(many, Compression::gzip);
  CHECK(unwrap_error(many).message == "input: is packed more than 8 times over");
}

TEST_CASE("Kernel images are opened: payloads with and without the size behind them") {
  const std::string vmlinux = vmlinux_file("6.1", base_blob());
  for (const Compression format : {Compression::gzip, Compression::xz, Compression::zstd, Compression::lz4,
                                   Compression::bzip2, Compression::lzma}) {
    const std::string name(to_string(format));
    CAPTURE(name);
    const Image x86 = unwrapped(bz_image(kernel_payload_of(vmlinux, format)));
    CHECK(x86.wrappings == Wrappings{"x86 bzImage", name});
    CHECK(x86.form == Form::elf);
    CHECK(text_of(x86.content()) == vmlinux);
    CHECK(text_of(unwrapped(bz_image(packed(vmlinux, format))).content()) == vmlinux);

    const std::string flat = flat_kernel("6.1", base_blob());
    const Image arm = unwrapped(packed(zboot_image(kernel_payload_of(flat, format)), Compression::gzip));
    CHECK(arm.wrappings == Wrappings{"gzip", "EFI zboot", name});
    CHECK(arm.form == Form::flat);
    CHECK(text_of(arm.content()) == flat);
  }
  CHECK(unwrapped(bz_image(vmlinux)).form == Form::elf);  // CONFIG_KERNEL_UNCOMPRESSED
  const Image unified = unwrapped(unified_image(bz_image(packed(vmlinux, Compression::zstd))));
  CHECK(unified.wrappings == Wrappings{"EFI unified kernel", "x86 bzImage", "zstd"});
  CHECK(text_of(unified.content()) == vmlinux);
  const std::string flat = flat_kernel("6.1", base_blob());
  const Image android = unwrapped(android_image(packed(flat, Compression::lz4), 4));
  CHECK(android.wrappings == Wrappings{"Android boot image", "lz4"});
  CHECK(text_of(android.content()) == flat);
  CHECK(text_of(unwrapped(u_boot_image(packed(flat, Compression::lzma))).content()) == flat);
  CHECK(error_of([&] { rewrap(unwrapped(bz_image(vmlinux)), Bytes()); }).message ==
        "input: cannot be put back into its x86 bzImage");
}

TEST_CASE("Flat images are known by their header, or by the BTF in them") {
  CHECK(unwrapped(flat_kernel("6.1", "")).form == Form::flat);
  CHECK(unwrapped(packed(flat_kernel("6.1", base_blob()), Compression::gzip)).form == Form::flat);
  CHECK(unwrapped(std::string(400, 'x') + base_blob()).form == Form::flat);
  // What came out of a boot image is a kernel, whatever it looks like.
  CHECK(unwrapped(zboot_image(packed("some other architecture", Compression::gzip))).form == Form::flat);
}

TEST_CASE("What cannot be opened is said plainly, with its name") {
  CHECK(unwrap_error("").message == "input: is empty");
  CHECK(unwrap_error("#!/bin/sh\n").message == "input: is neither BTF, nor an ELF file, nor a kernel image");
  CHECK(unwrap_error("\x89LZO").message == "input: is compressed with lzo, which cannot be read");
  CHECK(unwrap_error(debian_package({})).message ==
        "input: is a Debian package, where one BTF, ELF file or kernel image is needed");
  CHECK(unwrap_error(packed(archive_of(ArchiveFormat::tar, {{.path = "a"}}), Compression::gzip)).message ==
        "input: is a tar archive, where one BTF, ELF file or kernel image is needed");
  const std::string xz = packed(module_file("6.1", split_blob()), Compression::xz);
  const Caught cut = unwrap_error(xz.substr(0, xz.size() - 1));
  CHECK(cut.code == ErrorCode::truncated);
  CHECK(cut.message == "input: xz data ends before it should");
  const Caught elf =
      unwrap_error(packed("\x7f"
                          "ELF\x02",
                          Compression::xz));
  CHECK(elf.message == "input: ELF header needs at least 16 bytes, only 5 are there");
}

TEST_CASE("Unpacking is bounded in every layer") {
  const std::string module = module_file("6.1", split_blob());
  for (const std::string& file :
       {packed(module, Compression::xz), bz_image(kernel_payload_of(module, Compression::xz))}) {
    const Bytes content = Bytes::copy_of(file);
    CHECK(unwrap(content, "input", module.size()).form == Form::elf);
    CHECK(error_of([&] { unwrap(content, "input", module.size() - 1); }).message ==
          "input: xz data unpacks to more than " + std::to_string(module.size() - 1) + " bytes");
  }
}

TEST_CASE("A bzImage cut at every length is an error that names it") {
  const std::string good = bz_image(kernel_payload_of(vmlinux_file("6.1", base_blob()), Compression::zstd));
  for (std::size_t length = 0; length + 7 < good.size(); ++length) {  // 7: what is behind the payload
    CAPTURE(length);
    const Caught caught = unwrap_error(good.substr(0, length));
    CHECK(caught.place.file == "input");
    CHECK((caught.code == ErrorCode::truncated || caught.code == ErrorCode::malformed));
  }
}

TEST_CASE("A module tells its release and build id") {
  const Image module = unwrapped(module_file("6.12.1-amd64", split_blob()));
  CHECK(modinfo(*module.elf, "vermagic") == "6.12.1-amd64 SMP preempt ");
  CHECK(modinfo(*module.elf, "license") == "GPL");
  CHECK(modinfo(*module.elf, "name") == "m");
  CHECK(modinfo(*module.elf, "description") == "vermagic=no");
  CHECK(modinfo(*module.elf, "verma").empty());
  CHECK(kernel_release(module) == "6.12.1-amd64");
  CHECK(build_id(*module.elf) == "0123456789ab");
  const Image bare = unwrapped(ElfMaker().make());
  CHECK(modinfo(*bare.elf, "vermagic").empty());
  CHECK(kernel_release(bare).empty());
  CHECK(build_id(*bare.elf).empty());
}

TEST_CASE("A kernel tells its release by its banner") {
  CHECK(kernel_release(unwrapped(vmlinux_file("6.12.1-amd64", base_blob()))) == "6.12.1-amd64");
  CHECK(kernel_release(unwrapped(flat_kernel("6.12.1-arm64", base_blob()))) == "6.12.1-arm64");
  CHECK(kernel_release(unwrapped(base_blob())).empty());
}

TEST_CASE("The build id is found among other notes, in files of every class and byte order") {
  for (const bool is_64 : {false, true}) {
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
      CAPTURE(is_64, to_string(order));
      const auto put = [&](Writer& notes, std::string_view name, std::uint32_t type, std::string_view description) {
        notes.put(static_cast<std::uint32_t>(name.size())).put(static_cast<std::uint32_t>(description.size()));
        notes.put(type).put(name).put(std::string(-name.size() % 4, '\0'));
        notes.put(description).put(std::string(-description.size() % 4, '\0'));
      };
      using namespace std::string_view_literals;
      Writer notes(order);
      put(notes, "Linux\0"sv, NT_GNU_BUILD_ID, "not it");
      put(notes, "GNU\0"sv, NT_GNU_PROPERTY_TYPE_0, "nor this");
      put(notes, "GNU\0"sv, NT_GNU_BUILD_ID, "\x01\x23\xff");
      put(notes, "GNU\0"sv, NT_GNU_BUILD_ID, "\x02");
      ElfMaker file(is_64, order);
      file.add({.name = ".notes", .content = notes.text(), .type = SHT_NOTE, .alignment = 4});
      CHECK(build_id(ElfFile::parse(file.bytes())) == "0123ff");
    }
  }
}

TEST_CASE("Notes that run over their section are not read") {
  ElfMaker file;
  Writer note(ByteOrder::little);
  note.put(std::uint32_t{4}).put(std::uint32_t{0xfffffff0}).put(std::uint32_t{NT_GNU_BUILD_ID});
  note.put(std::string_view("GNU\0\x01\x02", 6));
  file.add({.name = ".notes", .content = note.text(), .type = SHT_NOTE, .alignment = 4});
  CHECK(build_id(ElfFile::parse(file.bytes())).empty());
}

TEST_CASE("A real module tells its release and build id") {
  const Image dummy = read_source(data_path("modules/dummy.ko.xz"));
  CHECK(dummy.wrappings == Wrappings{"xz"});
  CHECK(kernel_release(dummy) == "6.12.115+deb12-amd64");
  CHECK(modinfo(*dummy.elf, "name") == "dummy");
  CHECK(build_id(*dummy.elf).size() == 40);
}

}  // namespace btfx::test
