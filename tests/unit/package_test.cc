#include "image/package.h"
#include "image/kernel_paths.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "catch.h"
#include "image/ar.h"
#include "support/btf_samples.h"
#include "support/elf_samples.h"
#include "support/packers.h"

namespace btfx::test {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

const std::vector<PackedFile> some_files{
    {.path = "./boot/vmlinuz-6.1", .content = "kernel"},
    {.path = "./boot/link", .link_to = "vmlinuz-6.1"},
    {.path = "./lib/modules/6.1/kernel/a.ko", .content = std::string(300'000, 'a')},
    {.path = "/lib/modules/6.1/kernel/empty.ko"}};

std::map<std::string, std::string> all_of(const std::string& package) {
  PackageReader reader(Bytes::copy_of(package), "p");
  std::map<std::string, std::string> files;
  while (const std::optional<std::string> path = reader.next()) files[*path] = text_of(reader.read());
  return files;
}

void check_files(const std::string& package) {
  const std::map<std::string, std::string> expected{{"boot/vmlinuz-6.1", "kernel"},
                                                    {"lib/modules/6.1/kernel/a.ko", std::string(300'000, 'a')},
                                                    {"lib/modules/6.1/kernel/empty.ko", ""}};
  CHECK(all_of(package) == expected);
}

}  // namespace

TEST_CASE("Files are read out of every kind of package") {
  for (const Compression format : {Compression::gzip, Compression::xz, Compression::zstd, Compression::lz4,
                                   Compression::bzip2, Compression::lzma}) {
    CAPTURE(to_string(format));
    check_files(debian_package(some_files, format));
    check_files(packed(archive_of(ArchiveFormat::tar, some_files), format));
    check_files(packed(archive_of(ArchiveFormat::cpio, some_files), format));
  }
  for (const Compression format : {Compression::gzip, Compression::xz, Compression::zstd}) {
    CAPTURE(to_string(format));
    check_files(rpm_package(some_files, format));
    check_files(named_rpm_package({.name = "kernel", .version = "6.1-1"}, some_files, test::RpmFormat::six, format));
  }
  check_files(archive_of(ArchiveFormat::tar, some_files));
  check_files(archive_of(ArchiveFormat::cpio, some_files));
}

TEST_CASE("A member need not be read") {
  PackageReader reader(Bytes::copy_of(debian_package(some_files)), "p");
  CHECK(reader.next() == "boot/vmlinuz-6.1");
  CHECK(reader.next() == "lib/modules/6.1/kernel/a.ko");
  CHECK(reader.next() == "lib/modules/6.1/kernel/empty.ko");
  CHECK_FALSE(reader.next());
}

TEST_CASE("A member that is larger than allowed is an error") {
  PackageReader reader(Bytes::copy_of(debian_package(some_files)), "p");
  reader.next();
  CHECK(reader.read(6).size() == 6);
  reader.next();
  CHECK(error_of([&] { reader.read(299'999); }).message == "p: has a member of more than 299999 bytes");
}

TEST_CASE("Packages are known by their content, packed as a whole or not") {
  const auto kind = [](const std::string& file) { return package_kind(as_bytes(file)); };
  const auto packed_kind = [](const std::string& file) { return packed_package_kind(as_bytes(file)); };
  const std::string tar = archive_of(ArchiveFormat::tar, some_files);
  CHECK(kind(debian_package(some_files)) == "Debian package");
  CHECK(kind(rpm_package(some_files)) == "RPM package");
  CHECK(kind(tar) == "tar archive");
  CHECK(kind(archive_of(ArchiveFormat::cpio, some_files)) == "cpio archive");
  CHECK(kind(archive_of(ArchiveFormat::ar, {{.path = "object.o", .content = "x"}})).empty());
  CHECK(kind("").empty());
  CHECK(kind(packed(tar, Compression::xz)).empty());
  CHECK(packed_kind(packed(tar, Compression::xz)) == "tar archive");
  CHECK(packed_kind(packed(tar, Compression::zstd).substr(0, 3)).empty());
  CHECK(packed_kind(packed("a module", Compression::xz)).empty());
  CHECK(packed_kind(tar) == "tar archive");
}

TEST_CASE("A package that is cut short or damaged is an error that names it") {
  const std::string good = debian_package(some_files);
  for (std::size_t length = 0; length < good.size() - 8; length += 13) {  // libarchive does not miss a missing end
    CAPTURE(length);
    const Caught caught = error_of([&] { all_of(good.substr(0, length)); });
    CHECK_FALSE(caught.sentence.empty());
    CHECK(caught.place.file == "p");
  }
  CHECK(error_of([&] { all_of(good.substr(0, good.size() / 2)); }).message == "p: package ends before it should");
  const std::string tar = archive_of(ArchiveFormat::tar, some_files);
  CHECK(error_of([&] { all_of(tar.substr(0, 200'000)); }).message == "p: package ends before it should");
  CHECK(error_of([&] { all_of("neither fish nor fowl"); }).code != ErrorCode::usage);

  const std::string no_data = archive_of(ArchiveFormat::ar, {{.path = "debian-binary", .content = "2.0\n"}});
  CHECK(error_of([&] { all_of(no_data); }).message == "p: Debian package has no member data.tar");
}

TEST_CASE("All parts of an initramfs are read, and what is behind them must be one") {
  const std::string early = archive_of(ArchiveFormat::cpio, {{"kernel/x86/microcode/GenuineIntel.bin", "microcode"}});
  const std::string rest = packed(archive_of(ArchiveFormat::cpio, some_files), Compression::zstd);
  for (const std::size_t padding : {0U, 4U, 512U, 4096U}) {
    const auto files = all_of(early + std::string(padding, '\0') + early + rest);
    CHECK(files.size() == 4);
    CHECK(files.at("kernel/x86/microcode/GenuineIntel.bin") == "microcode");
    CHECK(files.at("boot/vmlinuz-6.1") == "kernel");
  }
  CHECK(all_of(early + std::string(300, '\0')).size() == 1);
  const Caught garbage = error_of([&] { all_of(early + "text"); });
  CHECK(garbage.sentence == "has something behind an archive that is not another one");
  CHECK(garbage.place.offset == early.size());
}

TEST_CASE("The start of a member can be seen before it is read") {
  PackageReader reader(Bytes::copy_of(debian_package(some_files)), "p");
  reader.next();
  CHECK(as_text(reader.head(3)) == "ker");
  CHECK(as_text(reader.head(100)) == "kernel");
  CHECK(text_of(reader.read()) == "kernel");
  reader.next();
  CHECK(as_text(reader.head(2)) == "aa");
  CHECK(text_of(reader.read()) == std::string(300'000, 'a'));
  reader.next();
  CHECK(reader.head(2).empty());
}

TEST_CASE("An RPM package with a damaged header or payload is an error with a place") {
  const std::string good = named_rpm_package({.name = "kernel", .version = "6.1-1"}, some_files);
  for (std::size_t length = 5; length < good.size() - 8; length += 7) {
    CAPTURE(length);
    const Caught caught = error_of([&] { all_of(good.substr(0, length)); });
    CHECK_FALSE(caught.sentence.empty());
    CHECK(caught.place.file == "p");
  }
  for (std::size_t at = 96; at < good.size() - 4; ++at) {  // never more than an error
    std::string spoiled = good;
    for (int byte = 0; byte < 4; ++byte) spoiled[at + static_cast<std::size_t>(byte)] = '\xff';
    try {
      all_of(spoiled);
    } catch (const Error&) {
    }
  }
  CHECK(error_of([&] { all_of(good.substr(0, 96) + std::string(40, 'x')); }).message ==
        "p: offset 0x60: RPM package: has no header where one should be");
}

TEST_CASE("Modules are known by their name, and what tools leave beside them is not one") {
  for (const char* path :
       {"a.ko", "a.ko.xz", "lib/modules/6.1/a.ko.zst", "a.ko.gz", "a.ko.bz2", "a.ko.lz4", "a.ko.lzma"}) {
    CAPTURE(path);
    CHECK(is_module_path(path));
  }
  for (const char* path : {"a.ko.debug", "a.ko.BTF", "a.kobj", "a.xz", ".ko", "a.ko/b", "ko"}) {
    CAPTURE(path);
    CHECK_FALSE(is_module_path(path));
  }
  CHECK(without_compression_suffix("a/b.ko.zst") == "a/b.ko");
  CHECK(without_compression_suffix("a/b.ko") == "a/b.ko");
}

TEST_CASE("A name that other files have as well is a kernel's by its content") {
  const std::string elf = vmlinux_file("6.1", base_blob()), flat = flat_kernel("6.1", base_blob());
  const std::string arm64 = std::string(0x38, '\0') + "ARM\x64";
  const auto is_kernel = [](std::string_view path, const std::string& content) {
    return is_kernel_file(path, Bytes::copy_of(content));
  };
  for (const char* path : {"boot/image-6.1", "boot/Image", "boot/zImage-6.1", "lib/modules/6.1/bzImage"}) {
    CAPTURE(path);
    for (const std::string& content :
         {elf, arm64, flat, base_blob(), bz_image("x"), bz_image("x").substr(0, 0x220), u_boot_image("x"),
          packed(elf, Compression::gzip), packed(arm64, Compression::xz), packed(bz_image("x"), Compression::zstd)}) {
      CHECK(is_kernel(path, content));
    }
    for (const std::string& content :
         {std::string(), std::string("text"), std::string("\x89PNG\r\n\x1a\n"), packed("text", Compression::gzip),
          packed(archive_of(ArchiveFormat::tar, some_files), Compression::gzip)}) {
      CHECK_FALSE(is_kernel(path, content));
    }
  }
  CHECK(is_kernel("boot/vmlinuz-6.1", "text"));
  CHECK(is_kernel("boot/vmlinux", ""));
  CHECK_FALSE(is_kernel("usr/image-6.1", elf));
}

TEST_CASE("Kernel images are known by name and place") {
  for (const char* path :
       {"boot/image-6.1", "usr/lib/modules/6.1/vmlinuz-virt.efi", "boot/vmlinuz-6.1", "boot/vmlinux-6.1",
        "boot/vmlinux-6.1.gz", "usr/lib/debug/boot/vmlinux-6.1", "lib/modules/6.1/vmlinuz",
        "usr/lib/modules/6.1/vmlinux", "boot/Image-6.1", "usr/lib/debug/lib/modules/6.1/vmlinux", "vmlinuz",
        "lib/modules/6.1/build/vmlinux", "lib/modules/6.1/kernel/vmlinux", "lib/modules/6.1/Image.gz",
        "boot/kernel-6.12.4-gentoo", "boot/EFI/Linux/debian-6.1.efi"}) {
    CAPTURE(path);
    CHECK(is_kernel_path(path));
  }
  CHECK(release_of_path("boot/vmlinuz-6.1-x") == "6.1-x");
  CHECK(release_of_path("boot/vmlinux-6.1.btf.xz") == "6.1");
  for (const char* path : {"boot/config-6.1", "boot/System.map-6.1", "boot/vmlinuz.old.hmac", "boot/vmlinuz-6.1.hmac",
                           "usr/src/linux/vmlinux.lds", "usr/src/linux/vmlinux", "lib/modules/6.1/build/vmlinux.o"}) {
    CAPTURE(path);
    CHECK_FALSE(is_kernel_path(path));
  }
}

namespace {

/// One member of an archive, as ar(1) writes it.
std::string ar_member(const std::string& name, const std::string& content) {
  return fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{}{}", name, 0, 0, 0, 644, content.size(), content,
                     content.size() % 2 != 0 ? "\n" : "");
}

std::string members_of(const std::string& archive) {
  std::string text;
  for (const ArMember& member : read_ar(Bytes::copy_of(archive), "a")) {
    text += fmt::format("{}={} ", member.name, as_text(member.content.view()));
  }
  return text;
}

}  // namespace

TEST_CASE("Archives of object files: names of both ways, tables left out, and one name twice") {
  const std::string gnu = "!<arch>\n" + ar_member("/", "symbols") + ar_member("//", "a-name-of-more-than-15.o/\n") +
                          ar_member("a.o/", "1") + ar_member("/0", "22") + ar_member("a.o/", "333");
  CHECK(members_of(gnu) == "a.o=1 a-name-of-more-than-15.o=22 a.o:2=333 ");
  CHECK(members_of("!<arch>\n" + ar_member("__.SYMDEF", "symbols") +
                   ar_member("#1/4",
                             "b.o\0"
                             "44"s)) == "b.o=44 ");
  CHECK(members_of("!<arch>\n").empty());
  CHECK(members_of("!<arch>\n" + ar_member("a.o/", "") + ar_member("b.o/", "1")) == "a.o= b.o=1 ");
  CHECK(is_ar(as_bytes(gnu)));
  CHECK(is_ar(as_bytes("!<thin>\n"sv)));
  CHECK_FALSE(is_ar(as_bytes("!<arch>\ndebian-binary"sv)));
  CHECK_FALSE(is_ar(as_bytes("!<arch>"sv)));
  CHECK(error_of([&] { (void)members_of("!<thin>\n" + ar_member("a.o/", "")); }).message ==
        "a: is a thin archive, which only names its files: name these files instead");
}

TEST_CASE("An archive of object files that is cut short or damaged is an error that names it, or has whole files") {
  const std::string archive =
      "!<arch>\n" + ar_member("//", "a-name-of-more-than-15.o/\n") + ar_member("/0", "22") + ar_member("a.o/", "333");
  for (std::size_t length = 0; length < archive.size(); ++length) {
    try {
      (void)members_of(archive.substr(0, length));
    } catch (const Error& error) {
      CHECK(error.place().file == "a");
    }
  }
  for (std::size_t at = 0; at < archive.size(); ++at) {
    std::string spoiled = archive;
    spoiled[at] = static_cast<char>(spoiled[at] ^ 0x55);
    try {
      (void)members_of(spoiled);
    } catch (const Error& error) {
      CHECK(error.place().file == "a");
    }
  }
}

}  // namespace btfx::test
