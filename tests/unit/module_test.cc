#include "inputs/module.h"
#include "image/source.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "base/batch.h"
#include "btf/evidence.h"
#include "catch.h"
#include "image/elf_writer.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "support/elf_samples.h"
#include "support/temp_dir.h"

namespace btfx::test {

namespace {

Module module_of(const std::string& file) {
  return Module(unwrap(Bytes::copy_of(file), "m.ko"));
}

/// A base of the same types and one more: split BTF on it has other ids.
std::string other_base_blob() {
  BtfBuilder b = small_base();
  b.add_int("more", 1);
  return text_of(b.finish());
}

/// A base that `split_blob()`, distilled, does not relocate onto.
std::string poor_base_blob() {
  BtfBuilder b;
  b.add_int("char", 1);
  return text_of(b.finish());
}

/// Files for the table of -B and .BTF.base.
struct Files {
  TempDir directory;
  std::string given = directory / "given.btf";
  Kernels kernels{{.root = directory.path(), .running = "6.1"}};

  Files() {
    write_file(given, other_base_blob());
    std::filesystem::create_directories(directory / "boot");
    write_file(directory / "boot/vmlinux-6.1", vmlinux_file("6.1", base_blob()));
  }
  LoadedBtf load(const std::string& file, std::vector<std::string> bases = {}) const {
    return load_to_look_at(module_of(file), {std::move(bases)}, kernels);
  }
  ChosenKernel choose(const std::string& file, std::vector<std::string> bases = {}) const {
    return choose_kernel(module_of(file), {std::move(bases)}, kernels);
  }
};

}  // namespace

TEST_CASE("Without -B and without .BTF.base: standalone, or split on the base that is found") {
  const Files files;
  const LoadedBtf standalone = files.load(base_blob());
  CHECK(standalone.relation == Relation::standalone);
  CHECK_FALSE(standalone.kernel);
  CHECK_FALSE(standalone.btf->is_split());
  CHECK(standalone.notes.empty());

  const LoadedBtf split = files.load(module_file("6.1", split_blob()));
  CHECK(split.relation == Relation::split);
  CHECK(split.btf->base() == split.kernel->btf());
  CHECK(text_of(split.kernel->btf()->blob()) == base_blob());
  CHECK(split.notes ==
        std::vector<std::string>{"base is " + (files.directory / "boot/vmlinux-6.1") + ": vermagic says 6.1"});
  CHECK(files.load(module_file("6.1", split_blob())).kernel == split.kernel);  // read once
}

TEST_CASE("Split BTF whose base is not found says so and names -B") {
  const Files files;
  const Caught missing = error_of([&] { files.load(module_file("7.7", split_blob())); });
  CHECK(missing.code == ErrorCode::no_base);
  CHECK(missing.message ==
        "m.ko: .BTF: is split BTF, and its base, the vmlinux of 7.7, was not found: name it with -B");
  CHECK(error_of([&] { files.load(split_blob()); }).message ==
        "m.ko: is split BTF, and its base was not found: name it with -B");
  const Caught forbidden = error_of([&] { files.load(module_file("6.1", split_blob()), {"none"}); });
  CHECK(forbidden.code == ErrorCode::no_base);
  CHECK(forbidden.message ==
        "m.ko: .BTF: is split BTF, and its base, the vmlinux of 6.1, was not to be looked for: name it with -B");
  CHECK(error_of([&] { files.choose(module_file("7.7", split_blob(), base_blob())); }).message ==
        "m.ko: .BTF: is distilled BTF, and its base, the vmlinux of 7.7, was not found: name it with -B");
}

TEST_CASE("With -B and without .BTF.base: split on the given base") {
  const Files files;
  // The module was made for another base, which only shows in its ids.
  const BtfPtr other = load_base(files.given);
  const LoadedBtf split = files.load(module_file("6.1", text_of(small_split(other).finish())), {files.given});
  CHECK(split.relation == Relation::split);
  CHECK(split.btf->first_id() == other->end_id());
  CHECK(split.notes.empty());

  const LoadedBtf standalone = files.load(base_blob(), {files.given});
  CHECK(standalone.relation == Relation::split);
  CHECK(standalone.btf->base() == standalone.kernel->btf());
  CHECK(standalone.notes == std::vector<std::string>{"looks standalone, but is taken as split because -B is given"});
}

TEST_CASE("Without -B and with .BTF.base: on that, not relocated") {
  const Files files;
  for (const auto& choice : {std::vector<std::string>{}, {"none"}}) {
    const LoadedBtf loaded = files.load(module_file("6.1", split_blob(), base_blob()), choice);
    CHECK(loaded.relation == Relation::distilled);
    CHECK_FALSE(loaded.kernel);
    CHECK(text_of(loaded.btf->base()->blob()) == base_blob());
    CHECK(loaded.notes == std::vector<std::string>{"base is its own .BTF.base, not relocated"});
  }
}

TEST_CASE("With -B and with .BTF.base: relocated") {
  const Files files;
  const std::string file = data_path("out-of-tree/demo-distilled.ko"), base = data_path("vmlinux-6.12.117.btf.xz");
  const Module distilled(read_source(file));
  const LoadedBtf loaded = load_to_look_at(distilled, {{base}}, files.kernels);
  CHECK(loaded.relation == Relation::split);
  CHECK(loaded.btf->base() == loaded.kernel->btf());
  CHECK(raw(loaded.btf->first_id()) == 112'769);
  CHECK(loaded.notes == std::vector<std::string>{"relocated from its .BTF.base onto " + base});
  CHECK(loaded.doubt.empty());

  const RelocatedModule relocated = distilled.relocated_onto(*loaded.kernel);
  CHECK(relocated.original == distilled.as_it_is());
  CHECK(text_of(relocated.split->blob()) == text_of(loaded.btf->blob()));
  CHECK(relocated.relocation.find(relocated.original->first_id()) == loaded.btf->first_id());
}

TEST_CASE("What does not fit a kernel is refused in one wording, with file and section") {
  const Kernel poor("poor", Btf::parse(Bytes::copy_of(poor_base_blob())));
  BtfBuilder base;
  base.add_int("long long", 8);
  BtfBuilder split(base.build());
  split.add_ptr(TypeId{1});
  const Module distilled = module_of(module_file("6.1", text_of(split.finish()), text_of(base.finish())));
  const std::string wanted =
      "m.ko: .BTF.base: does not relocate onto the given base: distilled base BTF type 'long long' [1] is not mapped "
      "to "
      "base BTF id";
  for (const Caught& caught :
       {error_of([&] { (void)distilled.on(poor); }), error_of([&] { (void)distilled.relocated_onto(poor); })}) {
    CHECK(caught.code == ErrorCode::refused);
    CHECK(caught.message == wanted);
  }

  // As many types and strings, but the name of the typedef begins inside another one.
  BtfBuilder right, wrong;
  right.add_int("int", 4);
  right.add_int("long long", 8);
  wrong.add_int("characters", 1);
  wrong.add_int("xy", 4);
  const Files files;
  write_file(files.directory / "wrong.btf", text_of(wrong.finish()));
  BtfBuilder typedefs(right.build());
  typedefs.add(Kind::typedef_, "number", 1);
  typedefs.record(TypeId{3})[0] = 5;  // where the right base has "long long"
  const std::string file = module_file("6.1", text_of(typedefs.finish()));
  const std::string evidence = "1 of 1 names begin inside a string, as 'acters' in 'characters' (TYPEDEF, type 3)";
  const Caught caught = error_of([&] { (void)module_of(file).on(*files.kernels.get(files.directory / "wrong.btf")); });
  CHECK(caught.code == ErrorCode::refused);
  CHECK(caught.message == "m.ko: .BTF: does not belong to this base: " + evidence);
  // To look at it, it is loaded all the same.
  const LoadedBtf loaded = files.load(file, {files.directory / "wrong.btf"});
  CHECK(loaded.notes.empty());
  CHECK(loaded.doubt == "does not belong to this base, so that names and types are wrong: " + evidence);
}

TEST_CASE(
    "What a kernel refuses before it maps types is refused here, too, unless the kernel does not read .BTF.base") {
  BtfBuilder base;
  base.add_int("int", 4, 1);
  BtfBuilder split(base.build());
  split.add(Kind::typedef_, "number", 1);
  const auto file = [&](const Bytes& base_bytes, const Bytes& split_bytes) {
    return module_file("6.1", text_of(split_bytes), text_of(base_bytes));
  };
  const Kernel kernel("kernel", Btf::parse(base.finish()));
  const BtfPtr sound = module_of(file(base.finish(), split.finish())).on(kernel);
  CHECK(sound->own_types() == 1);

  const std::string swapped = file(base.finish(other(native_order)), split.finish(other(native_order)));
  const Caught order = error_of([&] { (void)module_of(swapped).on(kernel); });
  CHECK(order.code == ErrorCode::refused);
  CHECK(order.message ==
        "m.ko: .BTF.base: does not relocate onto the given base: the kernel refuses it with EINVAL: btf_header not "
        "found");
  const std::string spoilt = file(base.finish(), patched(split.finish(), 2, {9}));
  CHECK(error_of([&] { (void)module_of(spoilt).relocated_onto(kernel); }).message ==
        "m.ko: .BTF: does not relocate onto the given base: the kernel refuses it with ENOTSUPP: Unsupported version");
  // What is wrong with .BTF alone does not keep its types from being looked at, as it does not in split BTF.
  const BtfPtr spoilt_types = module_of(spoilt).on(kernel);
  CHECK(spoilt_types->own_types() == 1);

  const Files files;
  const BtfPtr looked_at = module_of(swapped).on(*files.kernels.get(files.directory / "boot/vmlinux-6.1"));
  CHECK(looked_at->own_types() == 1);
}

TEST_CASE("A module knows its relation, signature, ids and pointers") {
  const Module split = module_of(module_file("6.1", split_blob()));
  CHECK(split.relation() == Relation::split);
  CHECK(split.pointer_size() == 8);
  CHECK_FALSE(split.is_signed());
  CHECK_FALSE(split.ids());
  CHECK((*split.on(Kernel("base", small_base().build()))).own_types() ==
        (*small_split(small_base().build()).build()).own_types());
  CHECK(module_of(base_blob()).pointer_size() == 0);
  CHECK(module_of(base_blob()).as_it_is()->own_types() == (*small_base().build()).own_types());
  CHECK(Module(read_source(data_path("modules/dummy.ko.xz"))).is_signed());
  CHECK(error_of([] { module_of(vmlinux_file("6.1", "")); }).code == ErrorCode::no_btf);
}

TEST_CASE("Only one base can be chosen") {
  const Files files;
  const Caught several = error_of([&] { files.choose(module_file("6.1", split_blob()), {"a", "b"}); });
  CHECK(several.code == ErrorCode::usage);
  CHECK(several.message == "only one base can be given with -B");
}

TEST_CASE("A kernel is named by its release, and where that is not known by its file") {
  const Files files;
  const KernelPtr kernel = files.kernels.get(files.directory / "boot/vmlinux-6.1");
  CHECK(kernel->source() == files.directory / "boot/vmlinux-6.1");
  CHECK(kernel->release() == "6.1");
  CHECK(kernel->name() == "6.1");
  const KernelPtr raw_btf = files.kernels.get(files.given);
  CHECK(raw_btf->release().empty());
  CHECK_FALSE(raw_btf->is_program());
  CHECK(raw_btf->name() == files.given);
}

TEST_CASE("A kernel makes everything once, whatever is asked for first", "[threads]") {
  const Files files;
  const KernelPtr kernel = files.kernels.get(files.given);
  std::vector<const void*> made;
  run_batch(
      std::vector<int>(64), 4,
      [&](int) {
        (void)kernel->target().poison();
        return std::pair<const void*, const void*>(&kernel->check_base(), kernel->prints().get());
      },
      [&](const auto& pair) {
        made.push_back(pair.first);
        made.push_back(pair.second);
      });
  for (std::size_t i = 2; i < made.size(); ++i) CHECK(made[i] == made[i - 2]);
  CHECK(kernel->prints()->btf_ptr() == kernel->btf());
  CHECK(kernel->check_base().name() == files.given);
}

TEST_CASE("A base that cannot be read fails every module the same way, on many threads", "[threads]") {
  const Files files;
  const std::string missing = files.directory / "missing";
  std::vector<std::string> messages;
  run_batch(
      std::vector<int>(64), 4,
      [&](int) {
        const std::string file = module_file("6.1", split_blob());
        return error_of([&] { files.load(file); }).message + error_of([&] { files.load(file, {missing}); }).message;
      },
      [&](std::string message) { messages.push_back(std::move(message)); });
  CHECK(messages == std::vector<std::string>(64, missing + ": cannot open: No such file or directory"));
}

}  // namespace btfx::test
