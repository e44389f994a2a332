#include "transform/bpf/reach.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/co_re_maker.h"

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
  BpfReach reached({programs, references, order}, all, {.globals_alone = globals_alone});
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

constexpr BpfInsn no_effect{.code = 0xb7, .dst = 9};  // r9 = 0

/// r1 = what a user may have set in read-only data, the address of which goes into r2
const Insns setting{{.code = 0x18, .dst = 2, .src = 2}, {}, test::load_field(8, 0)};

/// An operation of 64 bits (code 0x07 and the operation) or of 32 (0x04) on r1 with an immediate.
BpfInsn operate(std::uint8_t code, std::int32_t value) {
  return {.code = code, .dst = 1, .imm = value};
}

/// r1 is set, changed, and compared: whether it is equal to `expected`, as far as that is known.
std::string result_of(Insns insns, std::int32_t expected) {
  const std::size_t next = insns.size() + 1;
  insns.insert(insns.end(), {test::jump_if_equal(1, expected, 1), no_effect, test::exit_program});
  return reach(insns)[next] == '.' ? "equal" : "unknown or unequal";
}

}  // namespace

TEST_CASE("A branch on a constant goes one way") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const Insns insns{test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), no_effect, test::exit_program};
    CHECK(reach(insns, {}, order) == "xxxx");
    CHECK(reach(insns, {{0, 0}}, order) == "xx.x");  // with what a relocation puts there
  }
}

TEST_CASE("A value that depends on the way is unknown") {
  CHECK(reach({test::jump_if_equal(2, 0, 1), test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), no_effect,
               test::exit_program}) == "xxx?x");
  CHECK(reach({test::move_immediate(1, 1), test::jump_if_equal(2, 0, 1), test::move_immediate(1, 0),
               test::jump_if_equal(1, 5, 1), no_effect, test::exit_program}) == "xxxx?x");
  // On both ways the same.
  CHECK(reach({test::move_immediate(1, 0), test::jump_if_equal(2, 0, 1), test::move_immediate(1, 0),
               test::jump_if_equal(1, 0, 1), no_effect, test::exit_program}) == "xxxx.x");
}

TEST_CASE("Calls forget what they may change, and memory of the kernel is not known") {
  const BpfInsn call{.code = 0x85, .imm = 1};
  CHECK(reach({test::move_immediate(1, 0), call, test::jump_if_equal(1, 0, 1), no_effect, test::exit_program}) ==
        "xxxxx");
  CHECK(reach({test::move_immediate(6, 0), call, test::jump_if_equal(6, 0, 1), no_effect, test::exit_program}) ==
        "xxx.x");
  CHECK(reach({test::move_immediate(1, 0), test::load_field(4, 0), test::jump_if_equal(1, 0, 1), no_effect,
               test::exit_program}) == "xxxxx");
}

TEST_CASE("64-bit immediates, jumps back and jumps out of the program") {
  CHECK(reach({{.code = 0x18, .dst = 1, .imm = 1},
               {.imm = 0},
               test::jump_if_equal(1, 1, 1),
               no_effect,
               test::exit_program}) == "x.x.x");
  CHECK(reach({{.code = 0x18, .dst = 1, .src = 1, .imm = 1},
               {.imm = 0},
               test::jump_if_equal(1, 1, 1),
               no_effect,
               test::exit_program}) == "x.x?x");
  CHECK(reach({no_effect, {.code = 0x05, .offset = -2}, no_effect}) == "xx.");
  CHECK(reach({{.code = 0x05, .offset = 100}, no_effect}) == "x.");
  CHECK(reach({{.code = 0x06, .imm = 1}, no_effect, test::exit_program}) == "x.x");  // a long jump
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
  CHECK(result_of({test::move_immediate(1, 6), operate(0x87, 0)}, -6) == "unknown or unequal");
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
                                    no_effect,
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

TEST_CASE("What was in data may be what the program asked for, what the kernel gives is not") {
  const BpfInsn call{.code = 0x85, .imm = 1};
  const Insns test{test::jump_if_equal(1, 0, 1), no_effect, test::exit_program};
  const auto after = [&](Insns insns) {
    const std::size_t before = insns.size();
    insns.insert(insns.end(), test.begin(), test.end());
    return reach(insns).substr(before);
  };
  CHECK(after(setting) == "x?x");
  CHECK(after({setting[0], setting[1], {.code = 0x0f, .dst = 2, .src = 3}, setting[2]}) == "x?x");  // an element
  CHECK(after({test::load_field(8, 0)}) == "xxx");  // of what r2 points to
  CHECK(after({call, {.code = 0xbf, .dst = 1, .src = 0}}) == "xxx");
  CHECK(after({test::move_immediate(1, 6), {.code = 0x37, .dst = 1, .imm = 2}}) == "x?x");  // a division
  CHECK(after({setting[0], setting[1], setting[2], {.code = 0x0f, .dst = 1, .src = 3}}) == "x?x");
  CHECK(after({test::move_immediate(1, 0), {.code = 0x7b, .dst = 2, .src = 1}}) == "x.x");  // a store changes nothing
  CHECK(after({test::move_immediate(1, 0), {.code = 0xdb, .dst = 2, .src = 1, .imm = 1}}) == "x?x");  // an atomic does
}

TEST_CASE("Where ways meet again is surely reached, behind a way out it is not") {
  const auto after_setting = [](const Insns& rest) {
    Insns insns = setting;
    insns.insert(insns.end(), rest.begin(), rest.end());
    return reach(insns).substr(setting.size());
  };
  CHECK(after_setting({test::jump_if_equal(1, 0, 1), no_effect, no_effect, test::exit_program}) == "x?xx");
  CHECK(after_setting({test::jump_if_equal(1, 0, 1), test::exit_program, no_effect, test::exit_program}) == "x???");
  CHECK(after_setting({test::jump_if_equal(1, 0, -1), no_effect, test::exit_program}) == "x??");  // it may never end
}

TEST_CASE("A function is reached where something that is reached calls it") {
  const BpfInsn call{.code = 0x85, .src = 1, .imm = -1};
  const Insns guarded{test::move_immediate(1, 1), test::jump_if_equal(1, 0, 1), call, test::exit_program};
  const Insns sub{no_effect, test::exit_program};
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
  // What is called when a program throws is referred to by nothing but its name.
  std::vector<BpfProgram> throwing = two(true);
  throwing[1].is_exception_callback = true;
  CHECK(reach_all(throwing, {}) == "xxxx xx");
  // A call within the section needs no relocation; a lone function in .text is a program.
  BpfProgram near = program(".text", sub);
  near.first_insn = 2;
  CHECK(reach_all({program("kprobe", {{.code = 0x85, .src = 1, .imm = 1}, test::exit_program}), near}) == "xx ..");
  near.section = "kprobe";
  CHECK(reach_all({program("kprobe", {{.code = 0x85, .src = 1, .imm = 1}, test::exit_program}), near}) == "xx xx");
  CHECK(reach_all({program(".text", sub)}) == "xx");
}

TEST_CASE("Arguments go along into a function, and what it returns comes back") {
  const BpfInsn call{.code = 0x85, .src = 1, .imm = -1};
  const Insns sub{test::jump_if_equal(1, 0, 1), no_effect, test::exit_program};
  const auto with_argument = [&](std::int32_t value) {
    return reach_all({program("kprobe", {test::move_immediate(1, value), call, test::jump_if_equal(0, 0, 1), no_effect,
                                         test::exit_program}),
                      program(".text", sub)},
                     {{.section = "kprobe", .insn = 1, .function = 1}});
  };
  CHECK(with_argument(0) == "xxxxx x.x");  // r0 is what the kernel left there
  CHECK(with_argument(1) == "xxxxx xxx");
  const auto returning = [&](const Insns& callee, bool is_global = false) {
    std::vector<BpfProgram> programs{program("kprobe", {test::move_immediate(1, 1), call, test::jump_if_equal(0, 0, 1),
                                                        no_effect, test::exit_program}),
                                     program(".text", callee)};
    programs[1].is_global = is_global;
    return reach_all(programs, {{.section = "kprobe", .insn = 1, .function = 1}});
  };
  const BpfInsn copy{.code = 0xbf, .dst = 0, .src = 1}, zero = test::move_immediate(0, 0);
  CHECK(returning({zero, test::exit_program}) == "xxx.x xx");
  CHECK(returning({copy, test::exit_program}) == "xxxxx xx");
  CHECK(returning({copy, test::jump_if_equal(2, 0, 1), zero, test::exit_program}) == "xxx?x xxxx");  // either
  CHECK(returning({{.code = 0x05, .offset = -1}}) == "xx... x");  // it does not return
  // Global functions are verified by themselves: for any arguments, and any value may come back.
  const Insns choosing{test::jump_if_equal(1, 1, 1), no_effect, zero, test::exit_program};
  CHECK(returning(choosing) == "xxx.x x.xx");
  CHECK(returning(choosing, true) == "xxxxx xxxx");
  // A function whose address is taken is called with who knows what.
  CHECK(reach_all({program("kprobe", {{.code = 0x18, .dst = 2}, {}, test::exit_program}), program(".text", sub)},
                  {{.section = "kprobe", .insn = 0, .function = 1}}) == "x.x x?x");
}

TEST_CASE("An address that is put in when the program is loaded is not 0") {
  const Insns insns{{.code = 0x18, .dst = 1}, {}, test::jump_if_equal(1, 0, 1), no_effect, test::exit_program};
  CHECK(reach(insns) == "x.x.x");
  CHECK(reach_all({program("kprobe", insns)}, {{.section = "kprobe", .insn = 0, .function = {}}}) == "x.x?x");
}

TEST_CASE("Data that may change while the program runs is not known") {
  Insns insns = setting;
  insns.insert(insns.end(), {test::jump_if_equal(1, 0, 1), no_effect, test::exit_program});
  const auto with = [&](bool is_changed) {
    return reach_all({program("kprobe", insns)},
                     {{.section = "kprobe", .insn = 0, .function = {}, .is_changed = is_changed}});
  };
  CHECK(with(false) == "x.xx?x");
  CHECK(with(true) == "x.xxxx");
}

TEST_CASE("Values are followed through the stack") {
  const BpfInsn call{.code = 0x85, .imm = 1};
  const BpfInsn save{.code = 0x7b, .dst = 10, .src = 1, .offset = -8};        // *(u64 *)(r10 - 8) = r1
  const BpfInsn reload{.code = 0x79, .dst = 1, .src = 10, .offset = -8};      // r1 = *(u64 *)(r10 - 8)
  const BpfInsn save_four{.code = 0x63, .dst = 10, .src = 1, .offset = -4};   // *(u32 *)(r10 - 4) = r1
  const BpfInsn zero_eight{.code = 0x7a, .dst = 10, .offset = -8, .imm = 0};  // *(u64 *)(r10 - 8) = 0
  const BpfInsn reload_four{.code = 0x61, .dst = 1, .src = 10, .offset = -4};
  const BpfInsn address{.code = 0xbf, .dst = 2, .src = 10}, back{.code = 0x07, .dst = 2, .imm = -8};  // r2 = r10 - 8
  const auto is_zero = [](Insns insns) {                                                              // whether r1 is
    const std::size_t next = insns.size() + 1;
    insns.insert(insns.end(), {test::jump_if_equal(1, 0, 1), no_effect, test::exit_program});
    return reach(insns)[next];
  };
  const BpfInsn zero = test::move_immediate(1, 0), one = test::move_immediate(1, 1);
  CHECK(is_zero({zero, save, one, reload}) == '.');
  CHECK(is_zero({one, save, zero, reload}) == 'x');
  CHECK(is_zero({zero, save_four, one, reload_four}) == '.');
  CHECK(is_zero({zero, save, one, reload_four}) == 'x');  // a part, of which verifiers before 6.9 know nothing
  CHECK(is_zero({zero_eight, reload}) == 'x');            // an immediate, which those before 6.3 do not look at
  CHECK(is_zero({zero, save, {.code = 0x62, .dst = 10, .offset = -4}, reload}) == 'x');
  CHECK(is_zero({reload}) == 'x');  // what nobody wrote
  CHECK(is_zero({call, {.code = 0xbf, .dst = 1, .src = 0}, save, reload}) == 'x');
  // Through another register, and atomically changed.
  CHECK(is_zero({zero, address, back, {.code = 0x7b, .dst = 2, .src = 1}, one, reload}) == '.');
  CHECK(is_zero({zero, save, one, address, back, test::load_field(8, 0)}) == '.');
  CHECK(is_zero({zero, save, {.code = 0xdb, .dst = 10, .src = 3, .offset = -8}, reload}) == 'x');
  // At a place that is not known, or that somebody else may know.
  CHECK(
      is_zero({zero, save, address, {.code = 0x0f, .dst = 2, .src = 3}, {.code = 0x7b, .dst = 2, .src = 4}, reload}) ==
      '?');
  CHECK(is_zero({zero, save, address, back, call, reload}) == '?');
  CHECK(is_zero({zero, save, address, call, reload}) == '.');  // it lies before what the call may fill
  CHECK(is_zero({zero, save, address, back, {.code = 0x85, .imm = 5}, reload}) == '.');  // one without arguments
  CHECK(is_zero({zero,
                 save,
                 {.code = 0xbf, .dst = 1, .src = 10},
                 {.code = 0x07, .dst = 1, .imm = -8},
                 test::move_immediate(2, 8),
                 {.code = 0x85, .imm = 113},
                 reload}) == 'x');  // it was filled
  CHECK(is_zero({zero,
                 save,
                 {.code = 0x7b, .dst = 10, .src = 10, .offset = -16},
                 address,
                 {.code = 0x07, .dst = 2, .imm = -16},
                 call,
                 reload}) == '?');  // it reads an address there
  // By two ways.
  CHECK(is_zero({zero, save, test::jump_if_equal(3, 0, 2), one, save, reload}) == '?');
  CHECK(is_zero({zero, save, test::jump_if_equal(3, 0, 2), zero, save, reload}) == '.');
}

TEST_CASE("An atomic operation gives what was there before, and leaves the address") {
  const auto is_zero = [](const Insns& insns, std::uint8_t reg) {
    Insns all = insns;
    const std::size_t next = all.size() + 1;
    all.insert(all.end(), {test::jump_if_equal(reg, 0, 1), no_effect, test::exit_program});
    return reach(all)[next];
  };
  // r1 = r10 - 16, with something at both cells from there.
  const auto atomically = [](std::int32_t operation) {
    return Insns{test::move_immediate(0, 0),
                 test::move_immediate(2, 0),
                 test::move_immediate(3, 1),
                 {.code = 0xbf, .dst = 1, .src = 10},
                 {.code = 0x07, .dst = 1, .imm = -16},
                 {.code = 0x7b, .dst = 1, .src = 3, .offset = 0},
                 {.code = 0x7b, .dst = 1, .src = 3, .offset = 8},
                 {.code = 0xdb, .dst = 1, .src = 2, .imm = operation}};
  };
  const Insns reload_eight{{.code = 0x7b, .dst = 1, .src = 4, .offset = 8},
                           {.code = 0x79, .dst = 5, .src = 10, .offset = -8}};
  constexpr std::int32_t add = 0, add_fetch = 1, exchange = 0xe1, compare_exchange = 0xf1, load = 0x100,
                         release = 0x110;
  for (const std::int32_t operation : {add, add_fetch, exchange, compare_exchange, release}) {
    Insns insns = atomically(operation);
    insns.push_back(test::move_immediate(4, 0));
    insns.insert(insns.end(), reload_eight.begin(), reload_eight.end());
    CHECK(is_zero(insns, 5) == '.');  // it was overwritten with 0
    insns.end()[-3] = test::move_immediate(4, 1);
    CHECK(is_zero(insns, 5) == 'x');
    insns.push_back({.code = 0x79, .dst = 5, .src = 10, .offset = -16});  // what it changed
    CHECK(is_zero(insns, 5) == (operation == release ? '.' : 'x'));
  }
  CHECK(is_zero(atomically(add), 2) == '.');
  CHECK(is_zero(atomically(add), 0) == '.');
  CHECK(is_zero(atomically(add_fetch), 2) == '?');
  CHECK(is_zero(atomically(exchange), 2) == '?');
  CHECK(is_zero(atomically(exchange), 0) == '.');
  CHECK(is_zero(atomically(compare_exchange), 2) == '.');
  CHECK(is_zero(atomically(compare_exchange), 0) == '?');
  CHECK(is_zero(atomically(release), 2) == '.');
  // What is loaded goes where the address of a store would be; that may be an address on the stack again.
  Insns insns = atomically(add);
  insns.back() = {.code = 0xdb, .dst = 2, .src = 1, .imm = load};
  CHECK(is_zero(insns, 2) == '?');
  CHECK(is_zero(insns, 0) == '.');
  insns.insert(insns.end(), {{.code = 0x7b, .dst = 1, .src = 10, .offset = 0},
                             {.code = 0xdb, .dst = 2, .src = 1, .imm = load},
                             {.code = 0x7b, .dst = 2, .src = 0, .offset = -8},
                             {.code = 0x79, .dst = 5, .src = 10, .offset = -8}});
  CHECK(is_zero(insns, 5) == '?');
}

TEST_CASE("No address is so far from the stack that sizes and offsets overflow") {
  const std::uint64_t far[]{0x7ffffffffffffff8, 0x8000000000000000, 0x20000001, ~std::uint64_t{0x20000000}};
  for (const std::uint64_t distance : far) {
    const Insns insns{test::move_immediate(3, 1),
                      {.code = 0x7b, .dst = 10, .src = 3, .offset = -8},
                      {.code = 0xbf, .dst = 1, .src = 10},
                      {.code = 0x18, .dst = 2, .imm = static_cast<std::int32_t>(distance)},
                      {.imm = static_cast<std::int32_t>(distance >> 32)},
                      {.code = 0x0f, .dst = 1, .src = 2},
                      {.code = 0x7b, .dst = 1, .src = 4},
                      {.code = 0x79, .dst = 1, .src = 10, .offset = -8},
                      test::jump_if_equal(1, 0, 1),
                      no_effect,
                      test::exit_program};
    CHECK(reach(insns) == "xxxx.xxxx?x");
  }
}

TEST_CASE("At a branch that depends on nothing the verifier looks at both ways") {
  CHECK(reach({test::move_immediate(0, 0), {.code = 0xe5, .offset = 1}, no_effect, test::exit_program}) == "xxxx");
}

TEST_CASE("What is made to take long is given up", "[slow]") {
  // All of the stack is written, then come many instructions, then ways back to before these, of which each changes
  // another cell.
  const auto maze = [](std::size_t length) {
    constexpr std::int16_t cells = 64;
    Insns insns{test::move_immediate(1, 1)};
    for (std::int16_t i = 1; i <= cells; ++i) {
      insns.push_back({.code = 0x7b, .dst = 10, .src = 1, .offset = static_cast<std::int16_t>(-8 * i)});
    }
    const auto start = static_cast<std::int32_t>(insns.size());
    insns.insert(insns.end(), length, no_effect);
    for (std::int16_t i = 1; i <= cells; ++i) {
      insns.push_back(test::jump_if_equal(7, i, 2));
      insns.push_back({.code = 0x7b, .dst = 10, .src = 6, .offset = static_cast<std::int16_t>(-8 * i)});
      insns.push_back({.code = 0x06, .imm = start - static_cast<std::int32_t>(insns.size()) - 1});
    }
    // Which is the same on all ways.
    insns.insert(insns.end(), {test::jump_if_equal(1, 1, 1), no_effect, test::exit_program});
    return insns;
  };
  const auto reach_end = [](const Insns& insns) {
    const std::vector<BpfProgram> programs{program("s", insns)};
    const std::vector<Constants> constants(1);
    BpfReach reached({programs, {}, native_order}, constants, {});
    return std::pair(reached.gave_up(), reached.of(0, programs[0].insns() - 2));
  };
  CHECK(reach_end(maze(100)) == std::pair(false, Reach::never));
  CHECK(reach_end(maze(20'000)) == std::pair(true, Reach::surely));   // it takes too many steps
  CHECK(reach_end(maze(100'000)) == std::pair(true, Reach::surely));  // there is too much to remember
}

TEST_CASE("A function has a stack of its own, and may write to that of its caller only with its address") {
  const BpfInsn call{.code = 0x85, .src = 1, .imm = -1};
  const BpfInsn zero = test::move_immediate(6, 0), one = test::move_immediate(6, 1);
  const BpfInsn save{.code = 0x7b, .dst = 10, .src = 6, .offset = -8},
      reload{.code = 0x79, .dst = 1, .src = 10, .offset = -8};
  const auto caller = [&](const BpfInsn& argument) {
    return reach_all(
        {program("kprobe",
                 {zero, save, argument, call, reload, test::jump_if_equal(1, 0, 1), no_effect, test::exit_program}),
         program(".text", {one, save, reload, test::jump_if_equal(1, 1, 1), no_effect, test::exit_program})},
        {{.section = "kprobe", .insn = 3, .function = 1}});
  };
  CHECK(caller(test::move_immediate(1, 0)) == "xxxxxx.x xxxx.x");
  CHECK(caller({.code = 0xbf, .dst = 1, .src = 10}) == "xxxxxx?x xxxx.x");  // it may write before that
  const BpfInsn copy{.code = 0xbf, .dst = 2, .src = 10}, back{.code = 0x07, .dst = 2, .imm = -8};
  CHECK(reach_all(
            {program("kprobe", {zero, save, copy, back, call, reload, test::jump_if_equal(1, 0, 1), no_effect,
                                test::exit_program}),
             program(".text", {test::load_field(8, 0), test::jump_if_equal(1, 0, 1), no_effect, test::exit_program})},
            {{.section = "kprobe", .insn = 4, .function = 1}}) == "xxxxxxx?x xx?x");
}

TEST_CASE("What calls back may write anywhere on the stack, other helpers only behind an address") {
  const auto after = [](const BpfInsn& call) {
    return reach({test::move_immediate(6, 0),
                  {.code = 0x7b, .dst = 10, .src = 6, .offset = -16},
                  {.code = 0xbf, .dst = 3, .src = 10},
                  {.code = 0x07, .dst = 3, .imm = -8},
                  call,
                  {.code = 0x79, .dst = 1, .src = 10, .offset = -16},
                  test::jump_if_equal(1, 0, 1),
                  no_effect,
                  test::exit_program})[7];
  };
  CHECK(after({.code = 0x85, .imm = 1}) == '.');
  CHECK(after({.code = 0x85, .imm = 181}) == '?');             // bpf_loop
  CHECK(after({.code = 0x85, .src = 2, .imm = 1234}) == '?');  // a function of the kernel
}

namespace {

/// The programs that surely meet an instruction of the first function.
std::vector<std::size_t> meeting(const std::vector<BpfProgram>& programs, std::uint32_t insn,
                                 const std::vector<BpfReference>& references = {}) {
  const std::vector<Constants> constants(programs.size());
  const BpfReach reached({programs, references}, constants, {});
  return reached.surely_meeting(std::vector<BpfPlace>{{0, insn}});
}

using Programs = std::vector<std::size_t>;

}  // namespace

TEST_CASE("A program surely meets what lies on all of its ways to the end") {
  const BpfInsn branch = test::jump_if_equal(2, 0, 1);
  CHECK(meeting({program("s", {no_effect, test::exit_program})}, 0) == Programs{0});
  CHECK(meeting({program("s", {branch, no_effect, test::exit_program})}, 1).empty());
  CHECK(meeting({program("s", {branch, no_effect, no_effect, test::exit_program})}, 2) == Programs{0});
  // A way that is not taken does not count, and neither does one that never ends.
  CHECK(meeting({program("s", {test::move_immediate(1, 0), test::jump_if_equal(1, 0, 1), no_effect, no_effect,
                               test::exit_program})},
                2)
            .empty());
  CHECK(meeting({program("s", {branch, no_effect, {.code = 0x05, .offset = -1}})}, 1) == Programs{0});
  CHECK(meeting({program("s", {test::exit_program, no_effect})}, 1).empty());
  CHECK(meeting({program("s", {no_effect, test::exit_program})}, 9).empty());
}

TEST_CASE("A program meets what a function that it surely calls meets") {
  const BpfInsn call{.code = 0x85, .src = 1, .imm = -1};
  std::vector<BpfProgram> programs{program(".text", {no_effect, test::exit_program}),
                                   program("s", {call, test::exit_program}),
                                   program("t", {test::jump_if_equal(2, 0, 1), call, test::exit_program})};
  const std::vector<BpfReference> references{{.section = "s", .insn = 0, .function = 0},
                                             {.section = "t", .insn = 1, .function = 0}};
  CHECK(meeting(programs, 0, references) == Programs{1});
}

TEST_CASE("What an extern is decides branches") {
  const auto reach_with = [](BpfExternValue value, const Insns& insns) {
    const std::vector<BpfProgram> programs{program("s", insns)};
    const std::vector<BpfReference> references{{.section = "s", .insn = 0, .function = {}, .external = 0}};
    const std::vector<BpfExternValue> externs{std::move(value)};
    const std::vector<Constants> constants(1);
    BpfReach reached({programs, references, native_order, externs}, constants, {});
    std::string text;
    for (std::uint32_t i = 0; i < programs[0].insns(); ++i) {
      const Reach reach = reached.of(0, i);
      text += reach == Reach::never ? '.' : reach == Reach::perhaps ? '?' : 'x';
    }
    return text;
  };
  using Value = BpfExternValue::Kind;
  // r1 = extern; if (r1 == 0) skip
  const Insns compare{{.code = 0x18, .dst = 1}, {}, test::jump_if_equal(1, 0, 1), no_effect, test::exit_program};
  CHECK(reach_with({.kind = Value::null}, compare) == "x.x.x");
  CHECK(reach_with({.kind = Value::address}, compare) == "x.xxx");
  CHECK(reach_with({.kind = Value::outside}, compare) == "x.xxx");
  CHECK(reach_with({.kind = Value::data}, compare) == "x.x?x");
  // r2 = extern; r1 = *(u32 *)(r2 + 4); if (r1 == 7) skip
  const auto read = [](std::int16_t offset, std::int32_t value) {
    return Insns{{.code = 0x18, .dst = 2},         {},        test::load_field(4, offset),
                 test::jump_if_equal(1, value, 1), no_effect, test::exit_program};
  };
  std::string content(8, '\0');
  const std::uint32_t seven = 7;
  std::memcpy(content.data() + 4, &seven, sizeof seven);
  const BpfExternValue known{.kind = Value::content, .content = content};
  CHECK(reach_with(known, read(4, 7)) == "x.xx.x");
  CHECK(reach_with(known, read(0, 0)) == "x.xx.x");
  CHECK(reach_with(known, read(6, 7)) == "x.xx?x");   // beyond its end
  CHECK(reach_with(known, read(-1, 7)) == "x.xx?x");  // before its start
  CHECK(reach_with({.kind = Value::data}, read(4, 7)) == "x.xx?x");
}

TEST_CASE("Reads of the context are known by program and offset, through moves, functions and the stack") {
  const std::vector<BpfProgram> programs{
      program(".text", {{.code = 0x79, .dst = 0, .src = 1, .offset = 8}, test::exit_program}),
      program("s", {{.code = 0xbf, .dst = 6, .src = 1},
                    {.code = 0x07, .dst = 6, .imm = 16},
                    {.code = 0x61, .dst = 2, .src = 6, .offset = -8},
                    {.code = 0x85, .src = 1, .imm = -1},
                    test::exit_program})};
  const std::vector<BpfReference> references{{.section = "s", .insn = 3, .function = 0}};
  const std::vector<Constants> constants(2);
  const std::vector<ContextRead> reads = BpfReach({programs, references}, constants, {}).context_reads();
  REQUIRE(reads.size() == 2);
  CHECK((reads[0].program == 1 && reads[0].at == BpfPlace{0, 0} && reads[0].offset == 8 && reads[0].width == 8));
  CHECK((reads[1].program == 1 && reads[1].at == BpfPlace{1, 2} && reads[1].offset == 8 && reads[1].width == 4));
}

}  // namespace btfx
