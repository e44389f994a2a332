#include "transform/check/bpf_load.h"

#include <elf.h>

#include <cerrno>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "support/raw_text.h"
#include "transform/check/check.h"

namespace btfx {
namespace {

using namespace test;

constexpr std::uint8_t global_object = STB_GLOBAL << 4 | STT_OBJECT;

/// A BPF object with the given BTF and a .bss of 12 bytes, in which `b` comes before `a`.
Image object(const BtfBuilder& b, ByteOrder order = native_order, std::size_t bss = 12) {
  ElfMaker elf(true, order);
  elf.add(".BTF", text_of(b.finish(order, BtfHeader::old_length)));
  const std::uint32_t section = elf.add(".bss", std::string(bss, '\0'));
  elf.add_symbols({{.name = "a", .value = 8, .size = 4, .info = global_object, .section = section},
                   {.name = "b", .value = 0, .size = 8, .info = global_object, .section = section}});
  const bool is_little = order == ByteOrder::little;
  return unwrap(patched(elf.bytes(), 18, {is_little ? 247U : 0U, is_little ? 0U : 247U}), "x.bpf.o");
}

std::string completed(const Image& image) {
  const BtfPtr btf = Btf::parse(btf_section(image));
  return raw_text(*Btf::parse(complete_bpf_btf(*btf, *image.elf)));
}

TEST_CASE("A loader completes the sections of a BPF object") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    BtfBuilder b;
    b.add_int("int", 4, 1);
    b.add_int("long", 8, 1);
    b.add(Kind::var, "a", 1, {1});
    b.add(Kind::var, "b", 2, {1});
    b.add(Kind::datasec, ".bss", 0);
    b.add_entry(TypeId{3}, 0, 4);
    b.add_entry(TypeId{4}, 0, 8);
    const Image image = object(b, order);
    CHECK(is_bpf_object(image));
    CHECK(completed(image) ==
          "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
          "[2] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED\n"
          "[3] VAR 'a' type_id=1, linkage=global\n"
          "[4] VAR 'b' type_id=2, linkage=global\n"
          "[5] DATASEC '.bss' size=12 vlen=2\n"
          "\ttype_id=4 offset=0 size=8 (VAR 'b')\n"
          "\ttype_id=3 offset=8 size=4 (VAR 'a')\n");
    const CheckResult result = check_standalone(image, {});
    CHECK(result.outcome == CheckOutcome::ok);
    CHECK(result.is_bpf_object);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].code.word() == "bpf-object");
    CHECK(result.findings[0].severity == Severity::note);
    CHECK(result.findings[0].text == "a BPF object, judged as a loader completes it");
  }
}

TEST_CASE("A loader fills in externs") {
  BtfBuilder b;
  b.add_int("char", 1, 1);
  const TypeId proto = b.add(Kind::func_proto, {}, 0);
  b.add_param({}, TypeId{1});
  b.add(Kind::func, "bpf_kfunc_x", raw(proto), {}, 2);
  b.add(Kind::var, "symbol", 0, {2});
  b.add(Kind::datasec, ".ksyms", 0);
  b.add_entry(TypeId{3}, 0, 0);
  b.add_entry(TypeId{4}, 0, 0);
  b.add_int("bool", 1, 4);
  b.add_int("int", 8, 1);
  b.add(Kind::var, "CONFIG_A", 6, {2});
  b.add(Kind::var, "CONFIG_B", 7, {2});
  b.add(Kind::datasec, ".kconfig", 0);
  b.add_entry(TypeId{8}, 0, 1);
  b.add_entry(TypeId{9}, 0, 8);
  const Image image = object(b);
  CHECK(completed(image) ==
        "[1] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED\n"
        "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=1\n"
        "\t'dummy_ksym' type_id=1\n"
        "[3] FUNC 'bpf_kfunc_x' type_id=2 linkage=global\n"
        "[4] VAR 'symbol' type_id=11, linkage=global\n"
        "[5] DATASEC '.ksyms' size=8 vlen=2\n"
        "\ttype_id=12 offset=0 size=4 (VAR 'dummy_ksym')\n"
        "\ttype_id=4 offset=4 size=4 (VAR 'symbol')\n"
        "[6] INT 'bool' size=1 bits_offset=0 nr_bits=8 encoding=BOOL\n"
        "[7] INT 'int' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED\n"
        "[8] VAR 'CONFIG_A' type_id=6, linkage=global\n"
        "[9] VAR 'CONFIG_B' type_id=7, linkage=global\n"
        "[10] DATASEC '.kconfig' size=9 vlen=2\n"
        "\ttype_id=9 offset=0 size=8 (VAR 'CONFIG_B')\n"
        "\ttype_id=8 offset=8 size=1 (VAR 'CONFIG_A')\n"
        "[11] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[12] VAR 'dummy_ksym' type_id=11, linkage=global\n");
  CHECK(check_standalone(image, {}).outcome == CheckOutcome::ok);
}

TEST_CASE("What a static linker has completed stays, and what the object does not tell, too") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add(Kind::var, "a", 1, {1});
  b.add(Kind::var, "hidden", 1, {0});
  b.add(Kind::datasec, ".bss", 16);
  b.add_entry(TypeId{2}, 4, 4);
  b.add_entry(TypeId{3}, 8, 4);
  b.add(Kind::datasec, ".data", 0);  // of which there is no section
  b.add_entry(TypeId{2}, 0, 4);
  const Image image = object(b);
  const BtfPtr btf = Btf::parse(btf_section(image));
  CHECK(text_of(complete_bpf_btf(*btf, *image.elf)) == text_of(btf->blob()));
  const CheckResult result = check_standalone(image, {});
  CHECK(result.outcome == CheckOutcome::invalid);
  REQUIRE(result.reason() != nullptr);
  CHECK(result.reason()->text == "the kernel refuses it with EINVAL: [5] DATASEC .data size=0 vlen=1 size == 0");
}

TEST_CASE("Real faults of a BPF object stand out, on whatever kernel") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add(Kind::var, "a", 1, {1});
  b.add(Kind::datasec, ".bss", 0);
  b.add_entry(TypeId{2}, 0, 4);
  b.add_composite(Kind::struct_, "Option<u32>", 4);
  const Image image = object(b);
  const CheckBase base("vmlinux", small_base().build(), "6.12.1");
  for (const CheckResult& result : {check_standalone(image, {}), check_module(image, base)}) {
    CHECK(result.outcome == CheckOutcome::invalid);
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[1].code.word() == "kernel-name");
    CHECK(result.findings[1].text ==
          "the kernel refuses it with EINVAL: [4] STRUCT Option<u32> size=4 vlen=0 Invalid name");
  }
  const CheckBase big("vmlinux", Btf::parse(small_base().finish(other(native_order))), "6.12.1");
  const CheckResult swapped = check_module(image, big);
  CHECK(swapped.outcome == CheckOutcome::mismatch);
  CHECK(swapped.kernel.error == EINVAL);
}

}  // namespace
}  // namespace btfx
