#include "btf/load.h"

#include <filesystem>
#include <string>

#include "base/batch.h"
#include "catch.h"
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

/// A base of the same types behind another one: split BTF on it has other ids.
std::string other_base_blob() {
  BtfBuilder b = small_base();
  b.add_int("more", 1);
  return text_of(b.finish());
}

/// Files for the table of -B and .BTF.base.
struct Files {
  TempDir directory;
  std::string given = directory / "given.btf";
  SearchPaths paths{.root = directory.path(), .running = "6.1"};

  Files() {
    write_file(given, other_base_blob());
    std::filesystem::create_directories(directory / "boot");
    write_file(directory / "boot/vmlinux-6.1", vmlinux_file("6.1", base_blob()));
  }
  BtfLoader loader(std::vector<std::string> sources, BtfLoader::Relocate relocate = nullptr) const {
    return BtfLoader({std::move(sources)}, std::move(relocate), paths);
  }
};

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
    CHECK(text_of(load_btf(image)->blob()) == blob);
    CHECK(relation_of(image) == Relation::standalone);

    const TempDir directory;
    write_file(directory / "base", file);
    CHECK(text_of(load_base(directory / "base")->blob()) == blob);
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
        "m.ko: is no ELF file, and so has no section .BTF.ext");
  CHECK(error_of([&] { btf_section(image_of(flat_kernel("6.1", ""))); }).message ==
        "m.ko: kernel image has no BTF in it");
}

TEST_CASE("The ELF class fixes the pointer size; raw BTF tells by its types") {
  const std::string blob = text_of(all_kinds().finish());  // has `long unsigned int` of 8 bytes
  ElfMaker file(false, ByteOrder::big);
  file.add(".BTF", blob);
  CHECK(load_btf(image_of(file.make()))->pointer_size() == 4);
  CHECK(load_btf(image_of(blob))->pointer_size() == 8);
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

TEST_CASE("Without -B and without .BTF.base: standalone, or split on the base that is found") {
  const Files files;
  const BtfLoader loader = files.loader({});
  const LoadedBtf standalone = loader.load(image_of(base_blob()));
  CHECK(standalone.relation == Relation::standalone);
  CHECK_FALSE(standalone.base);
  CHECK_FALSE(standalone.btf->is_split());
  CHECK(standalone.notes.empty());

  const LoadedBtf split = loader.load(image_of(module_file("6.1", split_blob())));
  CHECK(split.relation == Relation::split);
  CHECK(split.btf->base() == split.base);
  CHECK(text_of(split.base->blob()) == base_blob());
  CHECK(split.notes ==
        std::vector<std::string>{"base is " + (files.directory / "boot/vmlinux-6.1") + ": vermagic says 6.1"});
  CHECK(loader.load(image_of(module_file("6.1", split_blob()))).base == split.base);  // read once
}

TEST_CASE("Split BTF whose base is not found says so and names -B") {
  const Files files;
  const Caught missing = error_of([&] { files.loader({}).load(image_of(module_file("7.7", split_blob()))); });
  CHECK(missing.code == ErrorCode::no_base);
  CHECK(missing.message ==
        "m.ko: .BTF: is split BTF, and its base, the vmlinux of 7.7, was not found: name it with -B");
  CHECK(error_of([&] { files.loader({}).load(image_of(split_blob())); }).message ==
        "m.ko: is split BTF, and its base was not found: name it with -B");
  const Caught forbidden = error_of([&] { files.loader({"none"}).load(image_of(module_file("6.1", split_blob()))); });
  CHECK(forbidden.code == ErrorCode::no_base);
  CHECK(forbidden.message ==
        "m.ko: .BTF: is split BTF, and its base, the vmlinux of 6.1, was not to be looked for: name it with -B");
}

TEST_CASE("With -B and without .BTF.base: split on the given base") {
  const Files files;
  const BtfLoader loader = files.loader({files.given});
  // The module was made for another base, which only shows in its ids.
  const BtfPtr other = load_base(files.given);
  const LoadedBtf split = loader.load(image_of(module_file("6.1", text_of(small_split(other).finish()))));
  CHECK(split.relation == Relation::split);
  CHECK(split.btf->first_id() == other->end_id());
  CHECK(split.notes.empty());
  CHECK_FALSE(split.needs_relocation);

  const LoadedBtf standalone = loader.load(image_of(base_blob()));
  CHECK(standalone.btf->base() == standalone.base);
  CHECK(standalone.notes == std::vector<std::string>{"looks standalone, but is taken as split because -B is given"});
}

TEST_CASE("Without -B and with .BTF.base: on that, not relocated") {
  const Files files;
  for (const auto& choice : {std::vector<std::string>{}, {"none"}}) {
    const LoadedBtf loaded =
        files.loader(choice).load_relocated(image_of(module_file("6.1", split_blob(), base_blob())));
    CHECK(loaded.relation == Relation::distilled);
    CHECK_FALSE(loaded.needs_relocation);
    CHECK(loaded.btf->base() == loaded.base);
    CHECK(text_of(loaded.base->blob()) == base_blob());
    CHECK(loaded.notes == std::vector<std::string>{"base is its own .BTF.base, not relocated"});
  }
}

TEST_CASE("With -B and with .BTF.base: to be relocated") {
  const Files files;
  const Image image = image_of(module_file("6.1", split_blob(), base_blob()));
  const LoadedBtf loaded = files.loader({files.given}).load(image);
  CHECK(loaded.relation == Relation::distilled);
  CHECK(loaded.needs_relocation);
  CHECK(text_of(loaded.btf->base()->blob()) == base_blob());
  CHECK(text_of(loaded.base->blob()) == other_base_blob());

  const Caught refused = error_of([&] { files.loader({files.given}).load_relocated(image); });
  CHECK(refused.code == ErrorCode::unsupported);
  CHECK(refused.message ==
        "m.ko: .BTF.base: has to be relocated onto the base given with -B, which is not possible yet");

  const auto relocate = [](const BtfPtr& distilled, const BtfPtr& base) {
    CHECK(text_of(distilled->base()->blob()) == base_blob());
    return small_split(base).build();
  };
  const LoadedBtf relocated = files.loader({files.given}, relocate).load_relocated(image);
  CHECK(relocated.relation == Relation::split);
  CHECK_FALSE(relocated.needs_relocation);
  CHECK(relocated.btf->base() == relocated.base);
  CHECK(relocated.notes == std::vector<std::string>{"relocated from its .BTF.base onto " + files.given});

  const auto fail = [](const BtfPtr&, const BtfPtr&) -> BtfPtr { throw Error(ErrorCode::malformed, "no match"); };
  CHECK(error_of([&] { files.loader({files.given}, fail).load_relocated(image); }).message ==
        "m.ko: .BTF.base: no match");
}

TEST_CASE("A base must stand alone, and only one can be given") {
  const Files files;
  write_file(files.directory / "split", split_blob());
  write_file(files.directory / "distilled", module_file("6.1", split_blob(), base_blob()));
  const Caught split = error_of([&] { load_base(files.directory / "split"); });
  CHECK(split.code == ErrorCode::no_base);
  CHECK(split.message == files.directory / "split" + ": is split BTF and cannot be a base itself");
  CHECK(error_of([&] { load_base(files.directory / "distilled"); }).message ==
        files.directory / "distilled" + ": is distilled BTF and cannot be a base itself");
  const Caught several = error_of([&] { files.loader({"a", "b"}); });
  CHECK(several.code == ErrorCode::usage);
  CHECK(several.message == "only one base can be given with -B");
}

TEST_CASE("A base that cannot be read fails every module the same way, on many threads", "[threads]") {
  const Files files;
  const BtfLoader good = files.loader({}), bad = files.loader({files.directory / "missing"});
  const std::vector<int> items(64);
  std::vector<std::string> messages;
  run_batch(
      items, 4,
      [&](int) {
        const Image image = image_of(module_file("6.1", split_blob()));
        return error_of([&] { good.load(image); }).message + error_of([&] { bad.load(image); }).message;
      },
      [&](std::string message) { messages.push_back(std::move(message)); });
  CHECK(messages == std::vector<std::string>(64, files.directory / "missing: cannot open: No such file or directory"));
}

TEST_CASE("Real modules load on a real base, and the out-of-tree ones as they are") {
  const std::string base = data_path("vmlinux-6.12.117.btf.xz");
  const BtfLoader loader({{base}});
  const LoadedBtf split = loader.load(read_source(data_path("out-of-tree/demo-split.ko")));
  CHECK(split.relation == Relation::split);
  CHECK(raw(split.btf->first_id()) == 112'769);
  const LoadedBtf distilled = loader.load(read_source(data_path("out-of-tree/demo-distilled.ko")));
  CHECK(distilled.relation == Relation::distilled);
  CHECK(distilled.needs_relocation);
  CHECK(distilled.base == split.base);
  const BtfPtr other = load_base(data_path("vmlinux-6.12.115.btf.xz"));
  for (const char* name : {"dummy", "tcp_dctcp", "xt_bpf", "i2c-smbus"}) {
    CAPTURE(name);
    const Image image = read_source(data_path(std::string("modules/") + name + ".ko.xz"));
    CHECK(relation_of(image) == Relation::split);
    CHECK(load_btf(image, other)->own_types() > 0);
  }
}

}  // namespace btfx::test
