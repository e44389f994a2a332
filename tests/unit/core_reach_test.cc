#include "transform/core_reach.h"

#include <string>

#include "catch.h"
#include "support/core_maker.h"

namespace btfx {
namespace {

/// A letter for each instruction: `x` where it can be reached, `.` where not.
std::string reach(std::initializer_list<BpfInsn> insns, const Constants& constants = {},
                  ByteOrder order = native_order) {
  std::string code, text;
  for (const BpfInsn& insn : insns) code += test::encode(insn, order);
  const BpfProgram program{.section = "s", .name = "p", .first_insn = 0, .code = Bytes::copy_of(code)};
  for (const bool reached : reachable_insns(program, order, constants)) text += reached ? 'x' : '.';
  return text;
}

constexpr BpfInsn nothing{.code = 0xb7, .dst = 9};  // r9 = 0

/// An operation of 64 bits (code 0x07 and the operation) or of 32 (0x04) on r1 with an immediate.
BpfInsn operate(std::uint8_t code, std::int32_t value) {
  return {.code = code, .dst = 1, .imm = value};
}

/// r1 is set, changed, and compared: whether it is equal to `expected`, as far as that is known.
std::string result_of(std::initializer_list<BpfInsn> change, std::int32_t expected) {
  std::string code;
  for (const BpfInsn& insn : change) code += test::encode(insn, native_order);
  for (const BpfInsn& insn : {test::jump_if_equal(1, expected, 1), nothing, test::exit_program}) {
    code += test::encode(insn, native_order);
  }
  const BpfProgram program{.section = "s", .name = "p", .first_insn = 0, .code = Bytes::copy_of(code)};
  return reachable_insns(program, native_order, {})[change.size() + 1] ? "unknown or unequal" : "equal";
}

}  // namespace

TEST_CASE("A branch on a constant goes one way") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const auto program = {test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), nothing, test::exit_program};
    CHECK(reach(program, {}, order) == "xxxx");
    CHECK(reach(program, {{0, 0}}, order) == "xx.x");  // with what a relocation puts there
  }
}

TEST_CASE("A value that depends on the way is unknown") {
  CHECK(reach({test::jump_if_equal(2, 0, 1), test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), nothing,
               test::exit_program}) == "xxxxx");
  CHECK(reach({test::move_immediate(1, 1), test::jump_if_equal(2, 0, 1), test::move_immediate(1, 0),
               test::jump_if_equal(1, 5, 1), nothing, test::exit_program}) == "xxxxxx");
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
               test::exit_program}) == "x.xxx");
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

}  // namespace btfx
