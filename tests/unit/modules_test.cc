#include "image/modules.h"

#include <filesystem>
#include <string>

#include "base/batch.h"
#include "catch.h"
#include "image/package_summary.h"
#include "support/btf_samples.h"
#include "support/elf_samples.h"
#include "support/packers.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace fs = std::filesystem;

namespace {

void put(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(path).parent_path());
  write_file(path, content);
}

std::vector<ModuleItem> all_of(const std::vector<std::string>& arguments, bool with_kernels = false) {
  ModuleStream stream(arguments, {.with_kernels = with_kernels});
  std::vector<ModuleItem> items;
  while (std::optional<ModuleItem> item = stream.next()) items.push_back(*std::move(item));
  return items;
}

/// One line for each item: its name without the directory of the test, and its error.
std::vector<std::string> lines(const std::vector<ModuleItem>& items, const TempDir& directory) {
  const auto shorten = [&](std::string text) {
    for (std::size_t at = text.find(directory.path()); at != std::string::npos; at = text.find(directory.path())) {
      text.erase(at, directory.path().size() + 1);
    }
    return text;
  };
  std::vector<std::string> result;
  for (const ModuleItem& item : items) {
    result.push_back(shorten(item.name) + (item.error ? " ! " + shorten(item.error->what()) : ""));
  }
  return result;
}

using Lines = std::vector<std::string>;

const std::string& module() {
  static const std::string file = module_file("6.1", split_blob());
  return file;
}

}  // namespace

TEST_CASE("Arguments are taken in their order, directories sorted by path") {
  const TempDir directory;
  for (const char* name : {"tree/b/z.ko", "tree/b/a.ko.xz", "tree/a.ko", "tree/b.ko.zst", "tree/a.ko.debug",
                           "tree/x.BTF", "tree/ab/c.ko", "one.ko", "last"}) {
    put(directory / name, module());
  }
  fs::create_directory_symlink(".", directory / "tree/loop");
  const std::vector<ModuleItem> items = all_of({directory / "one.ko", directory / "tree", directory / "last"});
  CHECK(lines(items, directory) ==
        Lines{"one.ko", "tree/a.ko", "tree/ab/c.ko", "tree/b.ko.zst", "tree/b/a.ko.xz", "tree/b/z.ko", "last"});
  CHECK(items[1].path == directory / "tree/a.ko");
  CHECK(ModuleStream({directory / "one.ko", directory / "tree", directory / "last"}).count() == 7);
  CHECK(ModuleStream({}).count() == 0);
}

TEST_CASE("Modules of packages come in their order, with their bytes") {
  const TempDir directory;
  const std::string compressed = packed(module(), Compression::xz);
  const std::vector<PackedFile> files{{.path = "./boot/vmlinuz-6.1", .content = "kernel"},
                                      {.path = "./lib/modules/6.1/kernel/z.ko", .content = module()},
                                      {.path = "./lib/modules/6.1/kernel/a.ko.xz", .content = compressed},
                                      {.path = "./lib/modules/6.1/modules.dep", .content = "text"}};
  put(directory / "p.deb", debian_package(files));
  put(directory / "p.rpm", rpm_package(files));
  put(directory / "p.tar", archive_of(ArchiveFormat::tar, files));
  put(directory / "p", packed(archive_of(ArchiveFormat::tar, files), Compression::zstd));  // no suffix needed
  put(directory / "m.ko", module());
  for (const char* name : {"p.deb", "p.rpm", "p.tar", "p"}) {
    CAPTURE(name);
    const std::vector<ModuleItem> items = all_of({directory / name, directory / "m.ko"});
    const std::string prefix = std::string(name) + ":lib/modules/6.1/kernel/";
    CHECK(lines(items, directory) == Lines{prefix + "z.ko", prefix + "a.ko.xz", "m.ko"});
    REQUIRE(items[1].content);
    CHECK(text_of(*items[1].content) == compressed);
    CHECK(items[1].path.empty());
    CHECK(items[1].package_kernel->source("6.1") == directory / name);
    const Image image = open_module(items[1]);
    CHECK(image.name == directory / (prefix + "a.ko.xz"));
    CHECK(text_of(image.content()) == module());
    CHECK(find_base(image)->source == directory / name);
    CHECK(items[2].package_kernel != items[0].package_kernel);
    CHECK_FALSE(ModuleStream({directory / name}).count());
  }
}

TEST_CASE("A package's kernel is found behind its modules as well, and not where there is none") {
  const TempDir directory;
  const PackedFile in_package{.path = "usr/lib/modules/6.1/kernel/a.ko", .content = module()};
  put(directory / "with.rpm", rpm_package({in_package, {.path = "usr/lib/modules/6.1/vmlinuz", .content = "kernel"}}));
  put(directory / "without.rpm", rpm_package({in_package}));
  const auto base_of_first = [&](const char* package) {
    return find_base(open_module(all_of({directory / package}).at(0)), {.root = directory.path(), .running = {}});
  };
  const std::optional<FoundBase> found = base_of_first("with.rpm");
  REQUIRE(found);
  CHECK(found->source == directory / "with.rpm");
  CHECK(found->reason == "it is the kernel in the module's package, or in one beside it or given");
  CHECK_FALSE(base_of_first("without.rpm"));
  put(directory / "boot/vmlinuz-6.1", "kernel");
  CHECK(base_of_first("without.rpm")->source == directory / "boot/vmlinuz-6.1");
}

TEST_CASE("A picture in a package is not the kernel behind its modules") {
  const TempDir directory;
  const PackedFile member{.path = "lib/modules/6.1/kernel/a.ko", .content = module()};
  const PackedFile picture{.path = "boot/image-1.png", .content = "\x89PNG\r\n\x1a\n"};
  const PackedFile kernel{.path = "boot/image-6.1", .content = flat_kernel("6.1", base_blob())};
  put(directory / "picture.tar", archive_of(ArchiveFormat::tar, {picture, member}));
  put(directory / "kernel.tar", archive_of(ArchiveFormat::tar, {picture, member, kernel}));
  const auto base_of = [&](const char* package) {
    return find_base(open_module(all_of({directory / package}).at(0)), {.root = directory.path(), .running = {}});
  };
  CHECK_FALSE(base_of("picture.tar"));
  REQUIRE(base_of("kernel.tar"));
  CHECK(read_base_source(base_of("kernel.tar")->source).name == directory / "kernel.tar:boot/image-6.1");
}

TEST_CASE("Kernels are taken beside modules if that is wanted") {
  const TempDir directory;
  const PackedFile kernel{.path = "boot/vmlinuz-6.1", .content = vmlinux_file("6.1", base_blob())};
  const PackedFile other{.path = "boot/System.map-6.1", .content = "text"};
  put(directory / "packages/kernel.deb", debian_package({other, kernel}));
  put(directory / "packages/text.tar", archive_of(ArchiveFormat::tar, {other}));
  put(directory / "packages/both.tar",
      archive_of(ArchiveFormat::tar, {kernel, {.path = "lib/modules/6.1/kernel/a.ko", .content = module()}}));
  put(directory / "boot/vmlinuz-6.1", kernel.content);
  put(directory / "boot/config-6.1", "text");
  put(directory / "boot/raw", base_blob());
  put(directory / "text/config-6.1", "text");
  const auto wanted = [&](const char* argument) { return lines(all_of({directory / argument}, true), directory); };
  CHECK(wanted("packages/kernel.deb") == Lines{"packages/kernel.deb:boot/vmlinuz-6.1"});
  CHECK(wanted("packages/text.tar") ==
        Lines{"packages/text.tar ! packages/text.tar: package has no kernel modules in it"});
  CHECK(wanted("packages/both.tar") ==
        Lines{"packages/both.tar:boot/vmlinuz-6.1", "packages/both.tar:lib/modules/6.1/kernel/a.ko"});
  CHECK(wanted("boot") == Lines{"boot/raw", "boot/vmlinuz-6.1"});
  CHECK(wanted("text") == Lines{"text ! text: directory has no kernel modules in it"});
  CHECK(wanted("packages") == Lines{"packages/both.tar:boot/vmlinuz-6.1",
                                    "packages/both.tar:lib/modules/6.1/kernel/a.ko",
                                    "packages/kernel.deb:boot/vmlinuz-6.1",
                                    "packages/text.tar ! packages/text.tar: package has no kernel modules in it"});
  // A picture is no kernel, whatever its name.
  const PackedFile picture{.path = "boot/image-1.png", .content = "\x89PNG\r\n\x1a\n"};
  put(directory / "boot/image-1.png", picture.content);
  put(directory / "picture.tar", archive_of(ArchiveFormat::tar, {picture}));
  put(directory / "both.tar", archive_of(ArchiveFormat::tar, {picture, kernel}));
  CHECK(wanted("boot") == Lines{"boot/raw", "boot/vmlinuz-6.1"});
  CHECK(wanted("picture.tar") == Lines{"picture.tar ! picture.tar: package has no kernel modules in it"});
  CHECK(wanted("both.tar") == Lines{"both.tar:boot/vmlinuz-6.1"});
  CHECK(lines(all_of({directory / "boot"}), directory) == Lines{"boot ! boot: directory has no kernel modules in it"});
}

namespace {

const std::string& kernel_image() {
  static const std::string file = vmlinux_file("6.1", base_blob());
  return file;
}

constexpr const char* image_path = "usr/lib/modules/6.1/vmlinuz";
constexpr const char* module_path = "usr/lib/modules/6.1/kernel/a.ko";

/// The three packages of one kernel below `place`, as Debian has them since 6.19.
void put_split_kernel(const std::string& place) {
  put(place + "/linux-image-6.1.deb",
      named_debian_package({.name = "linux-image-6.1",
                            .version = "6.1-1",
                            .needs = {"linux-base-6.1", "linux-binary-6.1", "linux-modules-6.1"}},
                           {}));
  put(place + "/linux-binary-6.1.deb",
      named_debian_package({.name = "linux-binary-6.1", .version = "6.1-1", .needs = {"linux-base-6.1"}},
                           {{.path = image_path, .content = kernel_image()}}));
  put(place + "/linux-modules-6.1.deb",
      named_debian_package({.name = "linux-modules-6.1", .version = "6.1-1", .needs = {"linux-base-6.1"}},
                           {{.path = module_path, .content = module()}}));
}

}  // namespace

TEST_CASE("Packages of one kernel belong together, whichever of them is given") {
  const TempDir directory;
  put_split_kernel(directory / "k");
  const std::string from_modules = std::string("k/linux-modules-6.1.deb:") + module_path;
  const std::string from_binary = std::string("k/linux-binary-6.1.deb:") + image_path;
  const auto given = [&](const std::vector<std::string>& names, bool with_kernels = false) {
    std::vector<std::string> paths;
    for (const std::string& name : names) paths.push_back(directory / name);
    return lines(all_of(paths, with_kernels), directory);
  };
  for (const char* one : {"k/linux-image-6.1.deb", "k/linux-binary-6.1.deb", "k/linux-modules-6.1.deb", "k"}) {
    CAPTURE(one);
    CHECK(given({one}) == Lines{from_modules});
    const std::vector<ModuleItem> items = all_of({directory / one});
    CHECK(find_base(open_module(items.at(0)), {.root = directory.path(), .running = {}})->source ==
          directory / "k/linux-binary-6.1.deb");
    CHECK(read_base_source(directory / one).name == directory / from_binary);
  }
  CHECK(given({"k/linux-modules-6.1.deb", "k/linux-binary-6.1.deb"}) == Lines{from_modules});
  CHECK(given({"k"}, true) == Lines{from_binary, from_modules});
  CHECK(given({"k/linux-image-6.1.deb"}, true) == Lines{from_modules, from_binary});

  // Of another version, or of another kernel, is not a companion.
  fs::rename(directory / "k/linux-modules-6.1.deb", directory / "linux-modules-6.1.deb");
  put(directory / "k/other.deb", named_debian_package({.name = "linux-modules-6.2", .version = "6.1-1"},
                                                      {{.path = "lib/modules/6.2/a.ko", .content = module()}}));
  put(directory / "k/older.deb", named_debian_package({.name = "linux-modules-6.1", .version = "6.1-0"}, {}));
  CHECK(given({"k/linux-image-6.1.deb"}) ==
        Lines{"k/linux-image-6.1.deb ! k/linux-image-6.1.deb: has neither a kernel image nor modules, and depends on "
              "the packages that have: give linux-binary-6.1 and linux-modules-6.1 (6.1-1)"});
  CHECK(
      given({"k/linux-binary-6.1.deb"}) ==
      Lines{"k/linux-binary-6.1.deb ! k/linux-binary-6.1.deb: has the kernel image of 6.1 only: give the package with "
            "the modules too, or put it beside this one"});
  CHECK(error_of([&] { read_base_source(directory / "linux-modules-6.1.deb"); }).message ==
        directory /
            "linux-modules-6.1.deb: has the modules of 6.1 only: give the package with the kernel image too, or "
            "put it beside this one");
  // A directory of packages without the kernel image says what the package in it would say.
  CHECK(error_of([&] { read_base_source(directory.path()); }).message ==
        error_of([&] { read_base_source(directory / "linux-modules-6.1.deb"); }).message);
}

TEST_CASE("What is given together belongs together, wherever it lies") {
  const TempDir directory;
  const SearchPaths paths{.root = directory / "root", .running = {}};
  put_split_kernel(directory / "k");
  fs::create_directory(directory / "other");
  fs::rename(directory / "k/linux-binary-6.1.deb", directory / "other/b.deb");
  put(directory / "tree/usr/lib/modules/6.1/vmlinuz", kernel_image());
  put(directory / "modules/a.ko", module());
  const std::string in_package = std::string("k/linux-modules-6.1.deb:") + module_path;
  const auto base_of = [&](const std::vector<std::string>& names, const std::string& module_name) {
    std::vector<std::string> given;
    for (const std::string& name : names) given.push_back(directory / name);
    const std::vector<ModuleItem> items = all_of(given);
    CHECK(lines(items, directory) == Lines{module_name});
    const std::optional<FoundBase> found = find_base(open_module(items.at(0)), paths);
    return found ? found->source.substr(directory.path().size() + 1) : std::string();
  };
  for (const char* modules : {"k/linux-modules-6.1.deb", "modules/a.ko", "modules"}) {
    CAPTURE(modules);
    const std::string name = modules[0] == 'k' ? in_package : "modules/a.ko";
    for (const char* binary : {"other/b.deb", "other"}) {
      CHECK(base_of({modules, binary}, name) == "other/b.deb");
      CHECK(base_of({binary, modules}, name) == "other/b.deb");
    }
    CHECK(base_of({"tree", modules}, name) == "tree/usr/lib/modules/6.1/vmlinuz");
    CHECK(base_of({modules}, name).empty());
  }
  // Kernels alone are said to have no modules.
  CHECK(lines(all_of({directory / "tree"}), directory) == Lines{"tree ! tree: directory has no kernel modules in it"});
  CHECK(lines(all_of({directory / "tree", directory / "other/b.deb"}), directory).size() == 2);

  // Where a base is chosen, an argument that has a kernel alone is one too many; a kernel in a directory is not.
  const auto beside_a_base = [&](const std::vector<std::string>& names) {
    std::vector<std::string> given;
    for (const std::string& name : names) given.push_back(directory / name);
    ModuleStream stream(given, {.has_base = true});
    std::vector<ModuleItem> items;
    while (std::optional<ModuleItem> item = stream.next()) items.push_back(*std::move(item));
    return lines(items, directory);
  };
  CHECK(beside_a_base({"tree", "modules/a.ko"}) ==
        Lines{"tree ! tree: directory has no kernel modules in it", "modules/a.ko"});
  const Lines with_package = beside_a_base({"other/b.deb", "modules/a.ko"});
  REQUIRE(with_package.size() == 2);
  CHECK(with_package[0].starts_with("other/b.deb ! other/b.deb: has the kernel image of 6.1 only"));
  fs::rename(directory / "other/b.deb", directory / "k/linux-binary-6.1.deb");
  CHECK(beside_a_base({"k"}) == Lines{in_package});
}

TEST_CASE("Packages are told apart by their kernels") {
  const TempDir directory;
  put_split_kernel(directory / "k");
  const auto release = [&](const std::string& name, const std::string& path) {
    put(directory / name, named_debian_package({.name = name, .version = "6.2-1"}, {{.path = path, .content = "x"}}));
  };
  release("image.deb", "boot/vmlinuz-6.2");
  release("modules.deb", "lib/modules/6.2/a.ko");
  const auto groups = [&](const std::vector<std::string>& names) {
    std::vector<std::string> paths;
    for (const std::string& name : names) paths.push_back(directory / name);
    std::string text;
    for (const std::vector<std::string>& group : packages_by_kernel(paths)) {
      text += text.empty() ? "" : " | ";
      for (const std::string& path : group)
        text += fs::path(path).stem().string() + (&path == &group.back() ? "" : " ");
    }
    return text;
  };
  CHECK(groups({"k/linux-image-6.1.deb", "image.deb", "modules.deb", "k/linux-modules-6.1.deb"}) ==
        "linux-image-6.1 linux-modules-6.1 | image modules");
  CHECK(groups({"modules.deb", "k/linux-modules-6.1.deb", "k/linux-binary-6.1.deb", "image.deb"}) ==
        "modules image | linux-modules-6.1 linux-binary-6.1");
  CHECK(groups({"k/linux-modules-6.1.deb", "image.deb", "k/linux-image-6.1.deb"}) ==
        "linux-modules-6.1 linux-image-6.1 | image");
  CHECK(groups({"image.deb"}) == "image");
  put(directory / "raw.btf", base_blob());
  CHECK(groups({"image.deb", "raw.btf", "modules.deb"}).empty());
}

TEST_CASE("RPM packages of one kernel belong together, of either format") {
  const TempDir directory;
  put(directory / "kernel-6.1.rpm",
      named_rpm_package({.name = "kernel", .version = "6.1-1", .needs = {"kernel-core", "kernel-modules", "/bin/sh"}},
                        {}));
  put(directory / "kernel-core-6.1.rpm",
      named_rpm_package({.name = "kernel-core", .version = "6.1-1"}, {{image_path, kernel_image()}}));
  put(directory / "kernel-modules-6.1.rpm", named_rpm_package({.name = "kernel-modules", .version = "6.1-1"},
                                                              {{.path = "usr/lib/modules/6.1/link", .link_to = "a"},
                                                               {.path = module_path, .content = module()}}));
  for (const char* one : {"kernel-6.1.rpm", "kernel-core-6.1.rpm", "kernel-modules-6.1.rpm"}) {
    CAPTURE(one);
    const std::vector<ModuleItem> items = all_of({directory / one});
    CHECK(lines(items, directory) == Lines{std::string("kernel-modules-6.1.rpm:") + module_path});
    CHECK(text_of(*items.at(0).content) == module());
    CHECK(read_base_source(directory / one).name == directory / ("kernel-core-6.1.rpm:" + std::string(image_path)));
  }
}

TEST_CASE("Paths in RPM packages are no longer than a file system takes") {
  const TempDir directory;
  const auto package = [&](std::size_t length) {
    const std::string path = std::string(length, 'd') + "/usr/lib/modules/6.1/kernel/a.ko";
    put(directory / "m.rpm", named_rpm_package({.name = "m", .version = "1-1"}, {{.path = path, .content = module()}}));
    return lines(all_of({directory / "m.rpm"}), directory);
  };
  CHECK(package(4000).size() == 1);
  CHECK(package(5000) == Lines{"m.rpm ! m.rpm: RPM package: has paths that are too long for a file system"});
}

TEST_CASE("Modules whose base is nowhere are one error that says what to give") {
  const TempDir directory;
  const std::vector<PackedFile> files{{.path = module_path, .content = module()},
                                      {.path = "usr/lib/modules/6.1/kernel/b.ko", .content = module()}};
  put(directory / "m.deb", named_debian_package({.name = "linux-modules-6.1", .version = "6.1-1"}, files));
  put(directory / "m.tar", archive_of(ArchiveFormat::tar, files));
  const auto first = [&](const char* package) {
    ModuleStream stream({directory / package}, {.need_base = true, .paths = {.root = directory.path(), .running = {}}});
    std::vector<ModuleItem> items;
    while (std::optional<ModuleItem> item = stream.next()) items.push_back(*std::move(item));
    return lines(items, directory);
  };
  CHECK(first("m.deb") == Lines{"m.deb ! m.deb: has no kernel image, and there is none of 6.1 beside it or installed: "
                                "give the package with it (linux-binary-6.1), or a vmlinux, with -B"});
  // Ubuntu has modules apart, too, but not the kernel from linux-image.
  put(directory / "u.deb", named_debian_package({.name = "linux-modules-6.8.0-31-generic", .version = "6.8.0-31.31"},
                                                {{.path = "lib/modules/6.8.0-31-generic/kernel/a.ko",
                                                  .content = module_file("6.8.0-31-generic", split_blob())}}));
  CHECK(
      first("u.deb").at(0).ends_with("give the package with it (linux-image-6.8.0-31-generic), or a vmlinux, with -B"));
  CHECK(first("m.tar") == Lines{"m.tar ! m.tar: has no kernel image, and there is none of 6.1 beside it or installed: "
                                "give the package with it, or a vmlinux, with -B"});
  put(directory / "boot/vmlinuz-6.1", kernel_image());
  CHECK(first("m.tar").size() == 2);
}

TEST_CASE("Raw BTF in an archive is known by its content") {
  const TempDir directory;
  put(directory / "one.btf.tar.xz",
      packed(archive_of(ArchiveFormat::tar, {{"5.4.0-x.btf", base_blob()}}), Compression::xz));
  put(directory / "two.tar", archive_of(ArchiveFormat::tar, {{"a/5.4.btf", base_blob()}, {"a/5.5.btf", base_blob()}}));
  put(directory / "sysfs.tar",
      archive_of(ArchiveFormat::tar, {{"btf/tun", split_blob()}, {"btf/vmlinux", base_blob()}}));
  const auto named = [&](const char* archive, bool with_kernels = false) {
    return lines(all_of({directory / archive}, with_kernels), directory);
  };
  CHECK(named("one.btf.tar.xz") == Lines{"one.btf.tar.xz:5.4.0-x.btf"});
  CHECK(named("sysfs.tar") == Lines{"sysfs.tar:btf/tun"});
  CHECK(named("sysfs.tar", true) == Lines{"sysfs.tar:btf/tun", "sysfs.tar:btf/vmlinux"});
  CHECK(read_base_source(directory / "one.btf.tar.xz").name == directory / "one.btf.tar.xz:5.4.0-x.btf");
  CHECK(read_base_source(directory / "sysfs.tar").name == directory / "sysfs.tar:btf/vmlinux");
  CHECK(find_base(open_module(all_of({directory / "sysfs.tar"}).at(0)), {})->source == directory / "sysfs.tar");
  const Caught several = error_of([&] { read_base_source(directory / "two.tar"); });
  CHECK(several.message == directory / "two.tar: archive has the BTF of several kernels, name one: " +
                               (directory / "two.tar:a/5.4.btf, ") + (directory / "two.tar:a/5.5.btf"));
  // A name that was printed is a source again.
  CHECK(text_of(read_source(directory / "two.tar:a/5.5.btf").content()) == base_blob());
  CHECK(read_source(directory / "sysfs.tar:btf/tun").name == directory / "sysfs.tar:btf/tun");
  CHECK(find_base(read_source(directory / "sysfs.tar:btf/tun"), {})->source == directory / "sysfs.tar");
  CHECK(error_of([&] { read_source(directory / "two.tar:a/5.6.btf"); }).message ==
        directory / "two.tar: package has no file a/5.6.btf");
}

TEST_CASE("A sysfs directory is all in it but vmlinux") {
  const TempDir directory;
  put(directory / "btf/vmlinux", base_blob());
  put(directory / "btf/tun", split_blob());
  put(directory / "btf/bridge", split_blob());
  put(directory / "btf/deep/not", split_blob());
  CHECK(lines(all_of({directory / "btf"}), directory) == Lines{"btf/bridge", "btf/tun"});
  // Each is a module, which is opened when its turn comes and not looked into before.
  put(directory / "btf/package", archive_of(ArchiveFormat::tar, {{.path = "lib/a.ko", .content = module()}}));
  CHECK(lines(all_of({directory / "btf"}), directory) == Lines{"btf/bridge", "btf/package", "btf/tun"});
  CHECK(lines(all_of({directory / "btf"}, true), directory) ==
        Lines{"btf/bridge", "btf/package", "btf/tun", "btf/vmlinux"});
  CHECK(ModuleStream({directory / "btf"}).count() == 3);
  fs::remove(directory / "btf/package");
  // A build tree has a vmlinux as well, but that is no raw BTF.
  put(directory / "btf/vmlinux", vmlinux_file("6.1", base_blob()));
  put(directory / "btf/net/a.ko", module());
  CHECK(lines(all_of({directory / "btf"}), directory) == Lines{"btf/net/a.ko"});
}

TEST_CASE("What cannot be read is one item with an error, and the rest follows") {
  const TempDir directory;
  fs::create_directory(directory / "empty");
  const std::string tar = archive_of(
      ArchiveFormat::tar, {{.path = "lib/a.ko", .content = module()}, {.path = "lib/b.ko", .content = module()}});
  put(directory / "cut.tar", tar.substr(0, tar.size() / 2 + 100));
  put(directory / "none.deb", debian_package({{.path = "usr/share/doc", .content = "text"}}));
  put(directory / "m.ko", module());
  const std::vector<ModuleItem> items = all_of({directory / "empty", directory / "cut.tar", directory / "none.deb",
                                                directory / "missing.ko", directory / "m.ko"});
  CHECK(lines(items, directory) == Lines{"empty ! empty: directory has no kernel modules in it", "cut.tar:lib/a.ko",
                                         "cut.tar ! cut.tar: package ends before it should",
                                         "none.deb ! none.deb: package has no kernel modules in it", "missing.ko",
                                         "m.ko"});
  REQUIRE(items.size() == 6);
  CHECK(error_of([&] { open_module(items[0]); }).code == ErrorCode::no_btf);
  CHECK(error_of([&] { open_module(items[4]); }).code == ErrorCode::io);
  CHECK(open_module(items[5]).path == directory / "m.ko");
}

TEST_CASE("A package goes through a batch in its order", "[threads]") {
  const TempDir directory;
  std::vector<PackedFile> files;
  Lines expected;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "m" + std::to_string(i) + ".ko.gz";
    files.push_back({.path = name, .content = packed(module(), Compression::gzip)});
    expected.push_back("p.deb:" + name);
  }
  put(directory / "p.deb", debian_package(files, Compression::zstd));
  for (const unsigned jobs : {1U, 2U, 5U}) {
    ModuleStream stream({directory / "p.deb"});
    std::vector<ModuleItem> items;
    run_stream([&] { return stream.next(); }, jobs,
               [](ModuleItem&& item) {
                 if (open_module(item).elf->sections().size() != 5) item.name += " is wrong";
                 return item;
               },
               [&](ModuleItem item) { items.push_back(std::move(item)); });
    CHECK(lines(items, directory) == expected);
  }
}

TEST_CASE("Modules are named without directories and suffixes") {
  CHECK(module_name("/lib/a/snd-pcm.ko.xz") == "snd-pcm");
  CHECK(module_name("tun.ko") == "tun");
  CHECK(module_name("/sys/kernel/btf/tun") == "tun");
  CHECK(module_name("p.deb:lib/tun.ko.zst") == "tun");
  CHECK(uncompressed_file_name("a/tun.ko.xz") == "tun.ko");
  CHECK(uncompressed_file_name("a/tun.ko") == "tun.ko");
}

}  // namespace btfx::test
