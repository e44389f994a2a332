#include "transform/check/load_refusal.h"

#include <cerrno>

#include <optional>
#include <string>
#include <string_view>

#include "btf/builder.h"
#include "btf/load.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"

namespace btfx {
namespace {

using namespace test;

/// A kernel with some types and long names before those that the module uses.
BtfPtr vmlinux(ByteOrder order = native_order) {
  BtfBuilder b;
  for (int i = 0; i < 20; ++i) b.add(Kind::func, "a_function_of_the_kernel_" + std::to_string(i), 21);
  b.add(Kind::func_proto, {}, 0);
  b.add_int("int", 4, 1);
  return b.build(order);
}

struct Sections {
  Bytes base, split;
};

/// int, and on it a typedef and a struct.
Sections sound(ByteOrder order = native_order) {
  BtfBuilder base;
  base.add_int("int", 4, 1);
  BtfBuilder split(base.build());
  split.add(Kind::typedef_, "number", 1);
  split.add_composite(Kind::struct_, "own", 4);
  split.add_member("n", TypeId{2}, 0);
  return {base.finish(order), split.finish(order)};
}

std::optional<LoadRefusal> refusal(const Sections& sections, std::string_view release,
                                   const BtfPtr& kernel = vmlinux()) {
  ElfMaker elf;
  elf.add(".BTF", text_of(sections.split));
  elf.add(".BTF.base", text_of(sections.base));
  const Image image = unwrap(elf.bytes(), "own.ko");
  const BtfPtr split = load_btf(image, load_btf(image, nullptr, ".BTF.base"));
  return refuse_before_mapping(image, *split, kernel_profile(*kernel, release), *kernel);
}

TEST_CASE("A sound distilled module gets to the mapping of types, on kernels that read .BTF.base") {
  for (const char* release : {"6.11.0", "6.12.115", "6.18.15", "7.2.13", ""}) CHECK_FALSE(refusal(sound(), release));
}

TEST_CASE("A kernel that does not read .BTF.base refuses or misreads .BTF") {
  for (const char* release : {"6.1.192", "6.10.14", "5.15.200"}) {
    const auto too_old = refusal(sound(), release);
    REQUIRE(too_old);
    CHECK(too_old->finding.code.word() == "too-old");
    CHECK(too_old->finding.severity == Severity::error);
    CHECK(too_old->finding.place.section == ".BTF.base");
    // It takes the name of the typedef for one of its own, and finds the middle of a string: no identifier is broken.
    CHECK(too_old->failure.message.empty());
    CHECK(too_old->failure.error == 0);
    CHECK(too_old->finding.text.starts_with(
        "the kernel does not read it, and takes .BTF for split BTF on its own: it misreads that: "));
  }
}

TEST_CASE("A name that is none keeps .BTF from being mapped") {
  BtfBuilder base;
  base.add_int("int", 4, 1);
  BtfBuilder split(base.build());
  split.add(Kind::fwd, "x", 0);
  split.record(TypeId{2})[0] = 4;  // the end of "int"
  const auto empty_name = refusal({base.finish(), split.finish()}, "6.12.1");
  REQUIRE(empty_name);
  CHECK(empty_name->failure.message == "[2] FWD  struct Invalid name");
  CHECK(empty_name->finding.code.word() == "kernel-name");
  CHECK(empty_name->finding.place.section == ".BTF");
}

TEST_CASE("The kernel looks at .BTF.base, then at .BTF, and its first word counts") {
  const Sections good = sound();
  Sections spoilt = good;
  spoilt.base = patched_word(good.base, 32 + 12, 0xff000020);  // bits that an INT has not
  const auto integer = refusal(spoilt, "6.12.115");
  REQUIRE(integer);
  CHECK(integer->failure.message == "[1] INT int Invalid int_data:ff000020");
  CHECK(integer->failure.error == EINVAL);
  CHECK(integer->finding.code.word() == "kernel-int-word");
  CHECK(integer->finding.place.section == ".BTF.base");
  CHECK(integer->finding.text == "the kernel refuses it with EINVAL: [1] INT int Invalid int_data:ff000020");

  spoilt.split = patched(good.split, 2, {9});
  CHECK(refusal(spoilt, "6.12.115")->failure.message == "[1] INT int Invalid int_data:ff000020");
  spoilt.base = good.base;
  const auto version = refusal(spoilt, "6.12.115");
  REQUIRE(version);
  CHECK(version->failure.message == "Unsupported version");
  CHECK(version->failure.error == error_not_supported);
  CHECK(version->finding.place.section == ".BTF");
}

TEST_CASE("The other byte order is refused before anything else") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CHECK_FALSE(refusal(sound(order), "6.12.115", vmlinux(order)));
    const auto swapped = refusal(sound(order), "6.12.115", vmlinux(other(order)));
    REQUIRE(swapped);
    CHECK(swapped->failure.message == "btf_header not found");
    CHECK(swapped->failure.error == EINVAL);
  }
}

TEST_CASE("What has no place in a distilled base is refused in the kernel's words") {
  BtfBuilder wide;
  wide.add_int("int", 4, 1);
  wide.add(Kind::enum64, "e", 8);
  BtfBuilder on_wide(wide.build());
  on_wide.add(Kind::typedef_, "t", 2);
  const auto kind = refusal({wide.finish(), on_wide.finish()}, "6.12.115");
  REQUIRE(kind);
  CHECK(kind->failure.message == "type [2] in distilled based BTF has unexpected kind [19]");
  CHECK(kind->failure.error == EINVAL);
  CHECK(kind->finding.code.word() == "not-distilled");

  BtfBuilder nameless;
  nameless.add_composite(Kind::union_, {}, 4);
  BtfBuilder on_nameless(nameless.build());
  on_nameless.add(Kind::typedef_, "t", 1);
  CHECK(refusal({nameless.finish(), on_nameless.finish()}, "6.12.115")->failure.message ==
        "type [1], kind [5] is invalid for distilled base BTF; it is anonymous");
}

}  // namespace
}  // namespace btfx
