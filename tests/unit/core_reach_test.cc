#include "transform/core_reach.h"

#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/core_maker.h"

namespace btfx {
namespace {

using Insns = std::vector<BpfInsn>;

BpfProgram program(std::string section, const Insns& insns, ByteOrder order = native_order) {
  std::string code;
  for (const BpfInsn& insn : insns) code += test::encode(insn, order);
  return {.section = std::move(section), .name = "p", .first_insn = 0, .code = Bytes::copy_of(code)};
}

/// For each function a letter for each instruction: `x` where it is reached, `?` where perhaps, `.` where not.
std::string reach_all(const std::vector<BpfProgram>& programs, const std::vector<BpfReference>& references = {},
                      bool globals_alone = false, const Constants& constants = {}, ByteOrder order = native_order) {
  std::vector<Constants> all(programs.size());
  all.front() = constants;
  std::string text;
  BpfReach reached({programs, references, order}, all, globals_alone);
  for (std::size_t i = 0; i < programs.size(); ++i) {
    if (i != 0) text += ' ';
    for (std::uint32_t insn = 0; insn < programs[i].insns(); ++insn) {
      const Reach reach = reached.of(i, insn);
      text += reach == Reach::never ? '.' : reach == Reach::perhaps ? '?' : 'x';
    }
  }
  return text;
}

std::string reach(const Insns& insns, const Constants& constants = {}, ByteOrder order = native_order) {
  return reach_all({program("s", insns, order)}, {}, false, constants, order);
}

constexpr BpfInsn nothing{.code = 0xb7, .dst = 9};  // r9 = 0

/// An operation of 64 bits (code 0x07 and the operation) or of 32 (0x04) on r1 with an immediate.
BpfInsn operate(std::uint8_t code, std::int32_t value) {
  return {.code = code, .dst = 1, .imm = value};
}

/// r1 is set, changed, and compared: whether it is equal to `expected`, as far as that is known.
std::string result_of(Insns insns, std::int32_t expected) {
  const std::size_t next = insns.size() + 1;
  insns.insert(insns.end(), {test::jump_if_equal(1, expected, 1), nothing, test::exit_program});
  return reach(insns)[next] == '.' ? "equal" : "unknown or unequal";
}

}  // namespace

TEST_CASE("A branch on a constant goes one way") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Insns insns{test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), nothing, test::exit_program};
    CHECK(reach(insns, {}, order) == "xxxx");
    CHECK(reach(insns, {{0, 0}}, order) == "xx.x");  // with what a relocation puts there
  }
}

TEST_CASE("A value that depends on the way is unknown") {
  CHECK(reach({test::jump_if_equal(2, 0, 1), test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), nothing,
               test::exit_program}) == "xxx?x");
  CHECK(reach({test::move_immediate(1, 1), test::jump_if_equal(2, 0, 1), test::move_immediate(1, 0),
               test::jump_if_equal(1, 5, 1), nothing, test::exit_program}) == "xxxx?x");
  // On both ways the same.
  CHECK(reach({test::move_immediate(1, 0), test::jump_if_equal(2, 0, 1), test::move_immediate(1, 0),
               test::jump_if_equal(1, 0, 1), nothing, test::exit_program}) == "xxxx.x");
}

TEST_CASE("Calls forget what they may change, and memory is not known") {
  const BpfInsn call{.code = 0x85, .imm = 1};
  CHECK(reach({test::move_immediate(1, 0), call, test::jump_if_equal(1, 0, 1), nothing, test::exit_program}) ==
        "xxxxx");
  CHECK(reach({test::move_immediate(6, 0), call, test::jump_if_equal(6, 0, 1), nothing, test::exit_program}) ==
        "xxx.x");
  CHECK(reach({test::move_immediate(1, 0), test::load_field(4, 0), test::jump_if_equal(1, 0, 1), nothing,
               test::exit_program}) == "xxxxx");
}

TEST_CASE("64-bit immediates, jumps back and jumps out of the program") {
  CHECK(reach({{.code = 0x18, .dst = 1, .imm = 1},
               {.imm = 0},
               test::jump_if_equal(1, 1, 1),
               nothing,
               test::exit_program}) == "x.x.x");
  CHECK(reach({{.code = 0x18, .dst = 1, .src = 1, .imm = 1},
               {.imm = 0},
               test::jump_if_equal(1, 1, 1),
               nothing,
               test::exit_program}) == "x.x?x");
  CHECK(reach({nothing, {.code = 0x05, .offset = -2}, nothing}) == "xx.");
  CHECK(reach({{.code = 0x05, .offset = 100}, nothing}) == "x.");
  CHECK(reach({{.code = 0x06, .imm = 1}, nothing, test::exit_program}) == "x.x");  // a long jump
}

TEST_CASE("Arithmetic is followed in 64 and in 32 bits") {
  CHECK(result_of({test::move_immediate(1, 6), operate(0x07, 4)}, 10) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0x17, 4)}, 2) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0x27, -4)}, -24) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0x47, 1)}, 7) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0x57, 3)}, 2) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0xa7, 3)}, 5) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0x67, 2)}, 24) == "equal");
  CHECK(result_of({test::move_immediate(1, -8), operate(0xc7, 1)}, -4) == "equal");
  CHECK(result_of({test::move_immediate(1, 6), operate(0x87, 0)}, -6) == "equal");
  CHECK(result_of({test::move_immediate(1, -1), operate(0x77, 63)}, 1) == "equal");
  CHECK(result_of({test::move_immediate(1, -1), operate(0x74, 31)}, 1) == "equal");
  CHECK(result_of({test::move_immediate(1, -1), operate(0x04, 1)}, 0) == "equal");  // w1 += 1
  CHECK(result_of({test::move_immediate(1, 6), operate(0x37, 2)}, 3) == "unknown or unequal");
  CHECK(result_of({test::move_immediate(2, 3), {.code = 0xbf, .dst = 1, .src = 2}}, 3) == "equal");
}

TEST_CASE("All comparisons") {
  const auto taken = [](std::uint8_t code, std::int32_t one, std::int32_t other) {
    const std::string text = reach({test::move_immediate(1, one),
                                    {.code = code, .dst = 1, .offset = 1, .imm = other},
                                    nothing,
                                    test::exit_program});
    return text == "xx.x";
  };
  CHECK(taken(0x15, 3, 3));
  CHECK_FALSE(taken(0x15, 3, 4));
  CHECK(taken(0x25, -1, 3));        // unsigned
  CHECK_FALSE(taken(0x65, -1, 3));  // signed
  CHECK(taken(0x35, 3, 3));
  CHECK(taken(0x45, 6, 2));
  CHECK_FALSE(taken(0x45, 6, 1));
  CHECK(taken(0x55, 3, 4));
  CHECK(taken(0x75, 3, -4));
  CHECK(taken(0xa5, 3, -1));
  CHECK(taken(0xb5, 3, 3));
  CHECK(taken(0xc5, -1, 3));
  CHECK(taken(0xd5, -1, -1));
  CHECK(taken(0x26, -1, 3));  // of 32 bits
  CHECK_FALSE(taken(0x66, -1, 3));
}

TEST_CASE("What was in memory may be what the program asked for, what the kernel gives is not") {
  const BpfInsn call{.code = 0x85, .imm = 1};
  const BpfInsn reload{.code = 0x79, .dst = 1, .src = 10, .offset = -8};  // r1 = *(u64 *)(r10 - 8)
  const Insns test{test::jump_if_equal(1, 0, 1), nothing, test::exit_program};
  const auto after = [&](Insns insns) {
    const std::size_t before = insns.size();
    insns.insert(insns.end(), test.begin(), test.end());
    return reach(insns).substr(before);
  };
  CHECK(after({reload}) == "x?x");
  CHECK(after({{.code = 0xbf, .dst = 2, .src = 10}, {.code = 0x07, .dst = 2, .imm = -8}, test::load_field(8, 0)}) ==
        "x?x");                                     // the same through another register
  CHECK(after({test::load_field(8, 0)}) == "xxx");  // of what r2 points to
  CHECK(after({call, {.code = 0xbf, .dst = 1, .src = 0}}) == "xxx");
  CHECK(after({test::move_immediate(1, 6), {.code = 0x37, .dst = 1, .imm = 2}}) == "x?x");  // a division
  CHECK(after({reload, {.code = 0x0f, .dst = 1, .src = 2}}) == "x?x");
  CHECK(after({test::move_immediate(1, 0), {.code = 0x7b, .dst = 2, .src = 1}}) == "x.x");  // a store changes nothing
  CHECK(after({test::move_immediate(1, 0), {.code = 0xdb, .dst = 2, .src = 1, .imm = 1}}) == "x?x");  // an atomic does
}

TEST_CASE("Where ways meet again is surely reached, behind a way out it is not") {
  const BpfInsn reload{.code = 0x79, .dst = 1, .src = 10, .offset = -8};
  CHECK(reach({reload, test::jump_if_equal(1, 0, 1), nothing, nothing, test::exit_program}) == "xx?xx");
  CHECK(reach({reload, test::jump_if_equal(1, 0, 1), test::exit_program, nothing, test::exit_program}) == "xx???");
  CHECK(reach({reload, test::jump_if_equal(1, 0, -1), nothing, test::exit_program}) == "xx??");  // it may never end
}

TEST_CASE("A function is reached where something that is reached calls it") {
  const BpfInsn call{.code = 0x85, .src = 1, .imm = -1};
  const Insns guarded{test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), call, test::exit_program};
  const Insns sub{nothing, test::exit_program};
  const auto two = [&](bool is_global = false) {
    std::vector<BpfProgram> programs{program("kprobe", guarded), program(".text", sub)};
    programs[1].is_global = is_global;
    return programs;
  };
  const std::vector<BpfReference> references{{.section = "kprobe", .insn = 2, .function = 1}};
  CHECK(reach_all(two(), references) == "xxxx xx");
  CHECK(reach_all(two(), references, false, {{0, 0}}) == "xx.x ..");
  CHECK(reach_all(two(), {}) == "xxxx ..");
  // Kernels before 6.8 look at global functions whether they are called or not, if they come with the program at all.
  CHECK(reach_all(two(true), references, false, {{0, 0}}) == "xx.x ..");
  CHECK(reach_all(two(true), references, true, {{0, 0}}) == "xx.x xx");
  CHECK(reach_all(two(false), references, true, {{0, 0}}) == "xx.x ..");
  CHECK(reach_all(two(true), {}, true) == "xxxx ..");
  // A call within the section needs no relocation; a lone function in .text is a program.
  BpfProgram near = program(".text", sub);
  near.first_insn = 2;
  CHECK(reach_all({program("kprobe", {{.code = 0x85, .src = 1, .imm = 1}, test::exit_program}), near}) == "xx ..");
  near.section = "kprobe";
  CHECK(reach_all({program("kprobe", {{.code = 0x85, .src = 1, .imm = 1}, test::exit_program}), near}) == "xx xx");
  CHECK(reach_all({program(".text", sub)}) == "xx");
}

TEST_CASE("Arguments go along into a function, what it returns is not followed") {
  const BpfInsn call{.code = 0x85, .src = 1, .imm = -1};
  const Insns sub{test::jump_if_equal(1, 0, 1), nothing, test::exit_program};
  const auto with_argument = [&](std::int32_t value) {
    return reach_all({program("kprobe", {test::move_immediate(1, value), call, test::jump_if_equal(0, 0, 1), nothing,
                                         test::exit_program}),
                      program(".text", sub)},
                     {{.section = "kprobe", .insn = 1, .function = 1}});
  };
  CHECK(with_argument(0) == "xxx?x x.x");
  CHECK(with_argument(1) == "xxx?x xxx");
  // A function whose address is taken is called with who knows what.
  CHECK(reach_all({program("kprobe", {{.code = 0x18, .dst = 2}, {}, test::exit_program}), program(".text", sub)},
                  {{.section = "kprobe", .insn = 0, .function = 1}}) == "x.x x?x");
}

TEST_CASE("An address that is put in when the program is loaded is not 0") {
  const Insns insns{{.code = 0x18, .dst = 1}, {}, test::jump_if_equal(1, 0, 1), nothing, test::exit_program};
  CHECK(reach(insns) == "x.x.x");
  CHECK(reach_all({program("kprobe", insns)}, {{.section = "kprobe", .insn = 0, .function = {}}}) == "x.x?x");
}

}  // namespace btfx
