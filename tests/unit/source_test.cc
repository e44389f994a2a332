#include <filesystem>
#include <memory>
#include <string>

#include "catch.h"
#include "image/image.h"
#include "image/source.h"
#include "support/btf_samples.h"
#include "support/elf_samples.h"
#include "support/packers.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* release = "6.1.2-test";

/// A file system of its own, with a running kernel when a test makes one.
class System {
 public:
  void put(const std::string& path, const std::string& content) const {
    const fs::path full = at(path);
    fs::create_directories(full.parent_path());
    write_file(full.string(), content);
  }
  [[nodiscard]] std::string at(const std::string& path) const { return directory_.path() + path; }
  [[nodiscard]] SearchPaths paths(std::string running = "5.0-running") const {
    return {.root = directory_.path(), .running = std::move(running)};
  }
  [[nodiscard]] std::string found_release(const std::string& running = "5.0-running") const {
    return read_base_source(release, paths(running)).path.substr(directory_.path().size());
  }

 private:
  TempDir directory_;
};

const std::string& kernel() {
  static const std::string file = bz_image(kernel_payload_of(vmlinux_file(release, base_blob()), Compression::gzip));
  return file;
}

}  // namespace

TEST_CASE("A release is looked for in the usual places, in their order") {
  const System system;
  const SearchPaths paths = system.paths();
  const Caught missing = error_of([&] { read_source(release, paths); });
  CHECK(missing.code == ErrorCode::io);
  CHECK(missing.message ==
        "6.1.2-test: no such file, and no kernel of that release in /boot, /lib/modules, /usr/lib/modules or "
        "/usr/lib/debug");
  // From the last place to the first: each wins over those before.
  for (const char* path :
       {"/usr/lib/debug/lib/modules/6.1.2-test/vmlinux", "/usr/lib/debug/boot/vmlinux-6.1.2-test",
        "/usr/lib/modules/6.1.2-test/vmlinux.xz", "/usr/lib/modules/6.1.2-test/image",
        "/usr/lib/modules/6.1.2-test/vmlinuz-virt.efi", "/usr/lib/modules/6.1.2-test/vmlinuz",
        "/usr/lib/modules/6.1.2-test/build/vmlinux", "/usr/lib/modules/6.1.2-test/vmlinux",
        "/lib/modules/6.1.2-test/build/vmlinux", "/lib/modules/6.1.2-test/vmlinuz", "/boot/vmlinux-6.1.2-test.gz",
        "/boot/image-6.1.2-test", "/boot/vmlinuz-6.1.2-test", "/boot/vmlinux-6.1.2-test"}) {
    CAPTURE(path);
    system.put(path, std::string(path).ends_with('x') || std::string(path).find("vmlinux") != std::string::npos
                         ? vmlinux_file(release, base_blob())
                         : kernel());
    CHECK(system.found_release() == path);
  }
  system.put("/sys/kernel/btf/vmlinux", base_blob());
  CHECK(system.found_release() == "/boot/vmlinux-6.1.2-test");
  CHECK(system.found_release(release) == "/sys/kernel/btf/vmlinux");
}

TEST_CASE("A vmlinux without BTF does not hide an image that has it") {
  const System system;
  system.put("/boot/vmlinux-6.1.2-test", vmlinux_file(release, ""));
  CHECK(system.found_release() == "/boot/vmlinux-6.1.2-test");
  system.put("/usr/lib/modules/6.1.2-test/vmlinuz", kernel());
  CHECK(system.found_release() == "/usr/lib/modules/6.1.2-test/vmlinuz");
}

TEST_CASE("What is no kernel does not hide one that is") {
  const System system;
  system.put("/boot/image-6.1.2-test", "text");
  system.put("/usr/lib/modules/6.1.2-test/vmlinuz", kernel());
  CHECK(system.found_release() == "/usr/lib/modules/6.1.2-test/vmlinuz");
}

TEST_CASE("The running kernel has a word of its own") {
  const System system;
  const SearchPaths paths = system.paths();
  CHECK(error_of([&] { read_source("running", paths); }).message ==
        system.at("/sys/kernel/btf/vmlinux") + ": cannot open: No such file or directory");
  system.put("/sys/kernel/btf/vmlinux", base_blob());
  const Image image = read_source("running", paths);
  CHECK(image.name == "running");
  CHECK(image.path == system.at("/sys/kernel/btf/vmlinux"));
}

TEST_CASE("A path that exists wins over every word") {
  const System system;
  system.put("/boot/vmlinuz-6.1.2-test", kernel());
  const TempDir here;
  const fs::path before = fs::current_path();
  fs::current_path(here.path());
  write_file("6.1.2-test", base_blob());
  write_file("running", base_blob());
  write_file("-", base_blob());
  const SearchPaths paths = system.paths();
  for (const char* word : {"6.1.2-test", "running", "-"}) {
    CHECK(read_source(word, paths).path == word);
    CHECK(read_base_source(word, paths).path == word);
  }
  fs::current_path(before);
}

TEST_CASE("What is no release is a path that is not there") {
  CHECK(error_of([] { read_source("6.1/vmlinux"); }).message == "6.1/vmlinux: cannot open: No such file or directory");
  CHECK(error_of([] { read_source("vmlinux.btf"); }).message == "vmlinux.btf: cannot open: No such file or directory");
  CHECK(error_of([] { read_base_source("61"); }).message == "61: cannot open: No such file or directory");
  CHECK(error_of([] { read_source("/"); }).message == "/: is a directory, not a file");
}

TEST_CASE("A package as a base is the kernel image in it") {
  const System system;
  const std::vector<PackedFile> files{{.path = "./boot/config-6.1.2-test", .content = "CONFIG=y"},
                                      {.path = "./boot/vmlinux-6.1.2-test", .content = vmlinux_file(release, "")},
                                      {.path = "./boot/vmlinuz-6.1.2-test", .content = kernel()},
                                      {.path = "./lib/modules/6.1.2-test/a.ko", .content = "not looked at"}};
  system.put("/linux.deb", debian_package(files));
  system.put("/linux.rpm", rpm_package(files));
  system.put("/linux.tar.zst", packed(archive_of(ArchiveFormat::tar, files), Compression::zstd));
  for (const char* name : {"/linux.deb", "/linux.rpm", "/linux.tar.zst"}) {
    CAPTURE(name);
    const Image image = read_base_source(system.at(name));
    CHECK(image.name == system.at(name) + ":boot/vmlinuz-6.1.2-test");
    CHECK(image.path.empty());
    CHECK(image.form == Form::elf);
    CHECK(text_of(image.content()) == vmlinux_file(release, base_blob()));
  }
  system.put("/empty.tar", archive_of(ArchiveFormat::tar, {{.path = "a.ko"}}));
  CHECK(error_of([&] { read_base_source(system.at("/empty.tar")); }).message ==
        system.at("/empty.tar") + ": package has no kernel image in it");
  CHECK(error_of([&] { read_source(system.at("/linux.deb")); }).code == ErrorCode::unsupported);
}

TEST_CASE("A directory as a base is the kernel image in it") {
  const System system;
  const auto found = [&](const std::string& directory) {
    return read_base_source(system.at(directory)).path.substr(system.at("").size());
  };
  system.put("/unpacked/boot/vmlinuz-6.1.2-test", kernel());
  system.put("/unpacked/boot/config-6.1.2-test", "CONFIG=y");
  CHECK(found("/unpacked") == "/unpacked/boot/vmlinuz-6.1.2-test");
  CHECK(found("/unpacked/boot") == "/unpacked/boot/vmlinuz-6.1.2-test");
  system.put("/unpacked/lib/modules/6.1.2-test/vmlinux", vmlinux_file(release, base_blob()));
  CHECK(found("/unpacked") == "/unpacked/boot/vmlinuz-6.1.2-test");
  system.put("/build/vmlinux", vmlinux_file(release, base_blob()));
  CHECK(found("/build") == "/build/vmlinux");
  system.put("/sys/kernel/btf/vmlinux", base_blob());
  system.put("/sys/kernel/btf/tun", split_blob());
  CHECK(found("/sys/kernel/btf") == "/sys/kernel/btf/vmlinux");

  // What is called like a kernel and is none.
  system.put("/unpacked/boot/image-1.png", "\x89PNG\r\n\x1a\n");
  system.put("/build/image", "how the image is made");
  CHECK(found("/unpacked") == "/unpacked/boot/vmlinuz-6.1.2-test");
  CHECK(found("/build") == "/build/vmlinux");
  system.put("/alone/image-6.1.2-test", kernel());
  CHECK(found("/alone") == "/alone/image-6.1.2-test");

  system.put("/unpacked/boot/vmlinuz-6.2-other", kernel());
  const Caught several = error_of([&] { found("/unpacked"); });
  CHECK(several.code == ErrorCode::usage);
  CHECK(several.message == system.at("/unpacked") + ": directory has kernel images of several releases, name one: " +
                               system.at("/unpacked/boot/vmlinuz-6.1.2-test") + ", " +
                               system.at("/unpacked/boot/vmlinuz-6.2-other"));
  // Files of raw BTF are named after releases, and are none.
  const Caught no_file = error_of([&] { read_source("6.1.2.btf", system.paths()); });
  CHECK(no_file.message == "6.1.2.btf: cannot open: No such file or directory");
  CHECK(error_of([&] { read_source("6.1.2.btf.xz", system.paths()); }).message.ends_with("No such file or directory"));
  system.put("/raw/vmlinux-6.1.2.btf", base_blob());
  CHECK(kernel_in_directory(system.at("/raw"), "6.1.2") == system.at("/raw/vmlinux-6.1.2.btf"));
  CHECK(kernel_in_directory(system.at("/raw"), "6.1.2.btf") == std::nullopt);
  CHECK(kernel_in_directory(system.at("/raw/vmlinux-6.1.2.btf"), "6.1.2") == std::nullopt);
  // A kernel image whose name has no release tells it itself.
  system.put("/flat/vmlinuz", kernel());
  CHECK(kernel_in_directory(system.at("/flat"), release) == system.at("/flat/vmlinuz"));
  CHECK(kernel_in_directory(system.at("/flat"), "6.1.3-test") == std::nullopt);
  CHECK(holds_kernel(system.at("/raw")));
  CHECK_FALSE(holds_kernel(system.at("/sys")));

  CHECK(error_of([&] { found("/sys"); }).message == system.at("/sys") + ": directory has no kernel image in it");
}

TEST_CASE("The base of a sysfs module is the vmlinux beside it") {
  const System system;
  system.put("/sys/kernel/btf/vmlinux", base_blob());
  system.put("/sys/kernel/btf/tun", split_blob());
  const std::optional<FoundBase> base = find_base(read_source(system.at("/sys/kernel/btf/tun")), system.paths());
  REQUIRE(base);
  CHECK(base->source == system.at("/sys/kernel/btf/vmlinux"));
  CHECK(base->reason == "it is beside the module's BTF");
  CHECK_FALSE(find_base(read_source(system.at("/sys/kernel/btf/vmlinux")), system.paths()));
  system.put("/alone/tun", split_blob());
  CHECK_FALSE(find_base(read_source(system.at("/alone/tun")), system.paths()));
}

TEST_CASE("The base of a module is its release's kernel, of its own tree before the system's") {
  const System system;
  const std::string module = module_file(release, split_blob());
  const auto found = [&](const std::string& path, const std::string& running = "5.0-running") {
    return find_base(read_source(system.at(path)), system.paths(running));
  };
  system.put("/home/a.ko", module);
  system.put("/unpacked/lib/modules/6.1.2-test/kernel/net/a.ko", module);
  system.put("/merged/usr/lib/modules/6.1.2-test/kernel/net/a.ko.xz", packed(module, Compression::xz));
  CHECK_FALSE(found("/home/a.ko"));

  system.put("/boot/vmlinuz-6.1.2-test", kernel());
  CHECK(found("/home/a.ko")->source == system.at("/boot/vmlinuz-6.1.2-test"));
  CHECK(found("/home/a.ko")->reason == "vermagic says 6.1.2-test");
  CHECK(found("/unpacked/lib/modules/6.1.2-test/kernel/net/a.ko")->source == system.at("/boot/vmlinuz-6.1.2-test"));

  system.put("/unpacked/boot/vmlinuz-6.1.2-test", kernel());
  system.put("/merged/boot/vmlinuz-6.1.2-test", kernel());
  const std::optional<FoundBase> own = found("/unpacked/lib/modules/6.1.2-test/kernel/net/a.ko");
  CHECK(own->source == fs::canonical(system.at("/unpacked/boot/vmlinuz-6.1.2-test")));
  CHECK(own->reason == "vermagic says 6.1.2-test, in the module's own tree");
  CHECK(found("/merged/usr/lib/modules/6.1.2-test/kernel/net/a.ko.xz")->source ==
        fs::canonical(system.at("/merged/boot/vmlinuz-6.1.2-test")));

  system.put("/sys/kernel/btf/vmlinux", base_blob());
  CHECK(found("/home/a.ko", release)->source == system.at("/sys/kernel/btf/vmlinux"));
  system.put("/home/none.ko", module_file("7.7-none", split_blob()));
  CHECK_FALSE(found("/home/none.ko", release));
}

TEST_CASE("A package that cannot be read is why a module has no base, unless another one is found") {
  const System system;
  Image module = unwrap(Bytes::copy_of(module_file(release, split_blob())), "m.ko");
  module.package_kernel = std::make_shared<PackageKernel>(system.at("/gone.deb"));
  const std::string reason = system.at("/gone.deb") + ": cannot open: No such file or directory";
  CHECK(error_of([&] { find_base(module, system.paths()); }).message == reason);
  CHECK(error_of([&] { find_base(module, system.paths()); }).message == reason);
  system.put("/boot/vmlinux-6.1.2-test", vmlinux_file(release, base_blob()));
  CHECK(find_base(module, system.paths())->source == system.at("/boot/vmlinux-6.1.2-test"));
}

}  // namespace btfx::test
