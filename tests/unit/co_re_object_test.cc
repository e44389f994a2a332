#include "catch.h"
#include "support/btf_samples.h"
#include "support/co_re_maker.h"
#include "transform/co_re/object.h"
#include "transform/co_re/resolve.h"

namespace btfx {

using test::CoreMaker;
using test::error_of;

TEST_CASE("What an object says about its relocations, without a kernel") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CoreMaker maker(order);
    const TypeId number = maker.types.add_int("int", 4, 1);
    const TypeId id = maker.types.add_composite(Kind::struct_, "s", 8);
    maker.types.add_member("a", number, 32);
    maker.add(test::move_immediate(1, 0));
    const std::uint32_t load = maker.add(test::load_field(4, 6));
    maker.relocate(load, CoreKind::byte_offset, id, "0:0");
    maker.line(0, "dir/a.c", "  return s->a;", 12);
    const CoreObject object = maker.object();
    CHECK(object.name == "test.bpf.o");
    CHECK(object.order == order);
    REQUIRE(object.relocations.size() == 1);
    const CoreRelocation& relocation = object.relocations[0];
    CHECK(relocation.section == "sec");
    CHECK(object.programs[relocation.program].name == "prog");
    CHECK(relocation.index == 0);
    CHECK(relocation.insn == 1);
    CHECK(relocation.program_insn == 1);
    CHECK(relocation.file == "dir/a.c");
    CHECK(relocation.source == "  return s->a;");
    CHECK(relocation.line == 12);
    CHECK(relocation.kind == CoreKind::byte_offset);
    CHECK(relocation.path == "s.a");
    CHECK(relocation.spec == "<byte_off> [2] struct s.a (0:0 @ offset 4)");
    CHECK(relocation.old_value == 4);
    CHECK(relocation.form == CoreForm::memory);
    CHECK(relocation.held_value == 6);
    CHECK(relocation.width == 4);
    CHECK(relocation.checked);
    CHECK(relocation.reason == CoreReason::none);
  }
}

TEST_CASE("Relocations of functions that are gone are left out with a note; between instructions is an error") {
  CoreMaker maker;
  const TypeId number = maker.types.add_int("int", 4, 1);
  maker.ask(CoreKind::type_size, number, "0", 4);
  maker.relocate(7, CoreKind::type_size, number, "0");
  BpfObject bpf = maker.bpf();
  const CoreObject object = read_core_object(bpf);
  CHECK(object.relocations.size() == 1);
  REQUIRE(object.findings.size() == 1);
  CHECK(object.findings[0].severity == Severity::note);
  CHECK(object.findings[0].text == "relocation 1 of section 'sec', at instruction 7, is in no function: left out");

  std::string blob = maker.ext();
  constexpr std::size_t second_record = 32 + 12 + 16;
  blob[second_record + (native_order == ByteOrder::little ? 0 : 3)] = 60;
  bpf.ext = BtfExt::parse(as_bytes(blob), *bpf.btf);
  CHECK(error_of([&] { (void)read_core_object(bpf); }).message ==
        "test.bpf.o: .BTF.ext: offset 0x3c: relocation 1 of section 'sec' is at byte 60, between instructions");
}

TEST_CASE("A long name in very many relocations is refused before it takes all memory") {
  constexpr std::uint32_t size = 1'000'000;
  CoreMaker maker;
  const TypeId number = maker.types.add_int("int", 4, 1);
  const TypeId id = maker.types.add_composite(Kind::struct_, "s", 4);
  maker.types.add_member(std::string(size, 'm'), number, 0);
  const std::uint32_t insn = maker.add(test::move_immediate(1, 0));
  for (int i = 0; i < 10; ++i) maker.relocate(insn, CoreKind::byte_offset, id, "0:0");
  CHECK(maker.object().relocations[9].path.size() == size + 2);
  for (int i = 0; i < 90; ++i) maker.relocate(insn, CoreKind::byte_offset, id, "0:0");
  CHECK(error_of([&] { (void)maker.object(); }).message ==
        "test.bpf.o: .BTF.ext: offset 0x23c: the names in its relocations are too long to be written out");
}

TEST_CASE("An object without .BTF.ext has no relocations") {
  CoreMaker maker;
  maker.types.add_int("int", 4, 1);
  maker.add(test::exit_program);
  BpfObject bpf = maker.bpf();
  bpf.ext.reset();
  CHECK(read_core_object(bpf).relocations.empty());
}

}  // namespace btfx
