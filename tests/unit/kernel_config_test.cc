#include "image/kernel_config.h"

#include <filesystem>

#include "catch.h"
#include "image/compress.h"
#include "image/package_summary.h"
#include "support/btf_samples.h"
#include "support/elf_samples.h"
#include "support/packers.h"
#include "support/temp_dir.h"

namespace btfx {

using namespace test;

namespace {

constexpr std::string_view config = "# Linux/x86 6.1.0 Kernel Configuration\nCONFIG_HZ=250\nCONFIG_X=y\n";
const SearchPaths nowhere{.root = "/nonexistent", .running = {}};

std::string gzipped(std::string_view text) {
  return text_of(compress(as_bytes(text), Compression::gzip));
}

void put(const std::string& path, std::string_view content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  write_file(path, content);
}

/// Where the configuration was found; empty: nowhere.
std::string found(const std::string& source, const std::string& release, const SearchPaths& paths = nowhere) {
  const std::optional<KernelConfig> at = find_kernel_config(source, release, paths);
  if (!at) return {};
  CHECK(at->text == config);
  return at->source;
}

}  // namespace

TEST_CASE("A setting is read by its whole name, and the first line counts") {
  constexpr std::string_view text =
      "CONFIG_A=y\nCONFIG_A=n\nCONFIG_AB=m\n# CONFIG_OFF is not set\nCONFIG_TEXT=\"a=b c\"\r\n"
      " CONFIG_INDENTED=y\nCONFIG_EMPTY=\nCONFIG_LAST=250";
  CHECK(config_value(text, "CONFIG_A") == "y");
  CHECK(config_value(text, "CONFIG_AB") == "m");
  CHECK(config_value(text, "CONFIG_TEXT") == "\"a=b c\"");
  CHECK(config_value(text, "CONFIG_LAST") == "250");
  for (const char* name : {"CONFIG_OFF", "CONFIG_INDENTED", "CONFIG_EMPTY", "CONFIG_B", "CONFIG_", ""}) {
    CHECK(config_value(text, name).empty());
  }
  CHECK(config_value("", "CONFIG_A").empty());
}

TEST_CASE("A kernel with IKCONFIG carries its configuration") {
  const std::string packed = gzipped(config);
  const auto embedded = [](const std::string& kernel) { return embedded_config(as_bytes(kernel)); };
  CHECK(embedded("code IKCFG_ST" + packed + "IKCFG_ED more") == config);
  // The word alone, as in scripts/extract-ikconfig, is not yet one.
  CHECK(embedded("look for IKCFG_ST and then IKCFG_ST" + packed + "IKCFG_ED") == config);
  CHECK_FALSE(embedded("IKCFG_ST"));
  CHECK_FALSE(embedded("IKCFG_STIKCFG_ED"));
  CHECK_FALSE(embedded("IKCFG_ST" + packed));
  CHECK_FALSE(embedded("IKCFG_ST" + packed.substr(0, packed.size() / 2) + "IKCFG_ED"));
  CHECK_FALSE(embedded(""));
}

TEST_CASE("The configuration of a kernel is in it, beside it, or in its tree") {
  const std::string vmlinux = vmlinux_file("6.1.0", base_blob());
  const TempDir dir;
  put(dir / "alone/vmlinux", vmlinux);
  CHECK(found(dir / "alone/vmlinux", "6.1.0").empty());
  put(dir / "inside/vmlinux", vmlinux + "IKCFG_ST" + gzipped(config) + "IKCFG_ED");
  put(dir / "inside/config-6.1.0", "CONFIG_OTHER=y\n");
  CHECK(found(dir / "inside/vmlinux", "6.1.0") == dir / "inside/vmlinux");
  for (const auto& [image, place] : std::vector<std::pair<std::string, std::string>>{
           {"build/vmlinux", "build/.config"},
           {"a/boot/vmlinux-6.1.0", "a/boot/config-6.1.0"},
           {"b/usr/lib/modules/6.1.0/vmlinux", "b/usr/lib/modules/6.1.0/config"},
           {"c/usr/lib/modules/6.1.0/vmlinux", "c/boot/config-6.1.0"},
           {"d/boot/vmlinux-6.1.0", "d/lib/modules/6.1.0/config"},
           {"e/usr/lib/debug/boot/vmlinux-6.1.0", "e/boot/config-6.1.0"},
       }) {
    CAPTURE(image);
    put(dir / image, vmlinux);
    put(dir / place, config);
    CHECK(found(dir / image, "6.1.0") == dir / place);
  }
  // That of another release is not it.
  put(dir / "f/boot/vmlinux-6.1.0", vmlinux);
  put(dir / "f/boot/config-6.1.1", config);
  CHECK(found(dir / "f/boot/vmlinux-6.1.0", "6.1.0").empty());
}

TEST_CASE("The configuration of a packaged kernel is in the package, or in one beside it") {
  const std::string vmlinux = vmlinux_file("6.1.0", base_blob());
  const TempDir dir;
  const auto package = [&](const std::string& name, const std::vector<PackedFile>& files) {
    write_file(dir / name + ".deb", named_debian_package({.name = name, .version = "1"}, files));
  };
  package("image", {{"boot/vmlinux-6.1.0", vmlinux}});
  CHECK(found(dir / "image.deb", "6.1.0").empty());
  package("other", {{"boot/config-6.1.1", "CONFIG_OTHER=y\n"}});
  CHECK(found(dir / "image.deb", "6.1.0").empty());
  package("modules", {{"boot/config-6.1.0", std::string(config)}, {"lib/modules/6.1.0/a.ko", "x"}});
  CHECK(found(dir / "image.deb", "6.1.0") == dir / "modules.deb:boot/config-6.1.0");
  package("image", {{"boot/vmlinux-6.1.0", vmlinux}, {"boot/config-6.1.0", std::string(config)}});
  CHECK(found(dir / "image.deb", "6.1.0") == dir / "image.deb:boot/config-6.1.0");
  write_file(dir / "k.tar", archive_of(ArchiveFormat::tar, {{"lib/modules/6.1.0/vmlinux", vmlinux},
                                                            {"lib/modules/6.1.0/config", std::string(config)}}));
  CHECK(found(dir / "k.tar", "6.1.0") == dir / "k.tar:lib/modules/6.1.0/config");
  CHECK(summarise_package_file(dir / "modules.deb")->has_config());
}

TEST_CASE("The system's places are looked at by the release alone") {
  const TempDir dir;
  const SearchPaths paths{.root = dir.path(), .running = "6.1.0"};
  write_file(dir / "k.btf", base_blob());
  CHECK(found(dir / "k.btf", "6.1.0", paths).empty());
  put(dir / "boot/config-6.1.0", config);
  CHECK(found(dir / "k.btf", "6.1.0", paths) == dir / "boot/config-6.1.0");
  CHECK(found(dir / "k.btf", "", paths).empty());
  CHECK(found(dir / "k.btf", "6.1.1", paths).empty());
  put(dir / "proc/config.gz", gzipped(config));
  CHECK(found(dir / "k.btf", "6.1.0", paths) == dir / "proc/config.gz");
}

}  // namespace btfx
