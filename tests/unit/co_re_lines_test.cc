#include "transform/co_re/lines.h"

#include <optional>
#include <string>

#include "catch.h"
#include "support/co_re_maker.h"

namespace btfx {
namespace {

using test::CoreMaker;
using test::exit_program;
using test::jump_if_equal;
using test::load_field;
using test::move_immediate;

constexpr BpfInsn call_helper{.code = 0x85, .imm = 113};

BpfInsn move(std::uint8_t to, std::uint8_t from) {
  return {.code = 0xbf, .dst = to, .src = from};
}
BpfInsn add(std::uint8_t to, std::uint8_t what) {
  return {.code = 0x0f, .dst = to, .src = what};
}
BpfInsn store(std::uint8_t what, std::int16_t at) {
  return {.code = 0x7b, .dst = 10, .src = what, .offset = at};
}

/// The line of instruction `insn`; 0 when none is told.
std::uint32_t line_of(CoreMaker& maker, std::uint32_t insn) {
  const BpfObject object = maker.bpf();
  const CoreLines lines(*object.ext);
  const LineInfo* line = lines.find(object.programs.front(), object.order, insn);
  return line == nullptr ? 0 : line->line;
}

}  // namespace

TEST_CASE("core lines: an offset that is loaded belongs to the line that reads there") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CoreMaker maker(order);
    maker.line(maker.add(jump_if_equal(7, 1, 9)), "a.c", "if (x == 1)", 10);  // 0
    maker.add(move_immediate(1, 8));                                          // 1: the offset
    maker.add(move(3, 6));                                                    // 2
    maker.add(add(3, 1));                                                     // 3
    maker.line(maker.add(load_field(8, 0)), "a.c", "y = *z;", 11);            // 4: into r1, from r2
    maker.line(maker.add(move(1, 10)), "a.c", "", 0);                         // 5: of no line
    maker.line(maker.add(move_immediate(2, 4)), "a.c", "read(x->y)", 12);     // 6
    maker.add(call_helper);                                                   // 7: with r3
    maker.add(exit_program);                                                  // 8
    CHECK(line_of(maker, 0) == 10);
    CHECK(line_of(maker, 1) == 12);
  }
}

TEST_CASE("core lines: 64-bit values, stores and comparisons use values, too") {
  CoreMaker maker;
  maker.line(maker.add(move_immediate(6, 0)), "a.c", "int a = 0;", 1);  // 0
  maker.add_value(5);                                                   // 1, 2: into r1
  maker.line(maker.add(store(6, -8)), "a.c", "b = a;", 2);              // 3: not r1
  maker.line(maker.add(store(1, -16)), "a.c", "c = VALUE;", 3);         // 4
  maker.add(move_immediate(4, 7));                                      // 5
  maker.line(maker.add(jump_if_equal(4, 1, 0)), "a.c", "if (d)", 4);    // 6
  maker.add(exit_program);                                              // 7
  CHECK(line_of(maker, 1) == 3);
  CHECK(line_of(maker, 5) == 4);
}

TEST_CASE("core lines: the first instruction has the line of its function only if nothing uses what it loads") {
  CoreMaker maker;
  maker.line(maker.add(move_immediate(2, 0)), "a.c", "long f(void *p) {", 1, 0);  // 0
  maker.add(move_immediate(0, 61));                                               // 1
  maker.line(maker.add(add(0, 2)), "a.c", "return a +", 2);                       // 2
  maker.line(maker.add(move_immediate(2, 61)), "a.c", "b +", 3);                  // 3
  maker.line(maker.add(add(0, 2)), "a.c", "c;", 4);                               // 4
  maker.line(maker.add(exit_program), "a.c", "}", 5);                             // 5
  CHECK(line_of(maker, 0) == 2);
  CHECK(line_of(maker, 1) == 2);
  CHECK(line_of(maker, 3) == 3);
}

TEST_CASE("core lines: without a use, and for loads and stores themselves, the last line counts") {
  CoreMaker maker;
  maker.add(move_immediate(1, 1));                                                    // 0: overwritten
  maker.line(maker.add(move_immediate(1, 2)), "a.c", "lost", 1);                      // 1: lost in a call
  maker.line(maker.add({.code = 0x85, .imm = 5}), "a.c", "call()", 2);                // 2: which takes r1
  maker.add(move_immediate(6, 3));                                                    // 3: to the end
  maker.line(maker.add(move_immediate(0, 0)), "a.c", "return 0;", 3);                 // 4
  maker.add({.code = 0x05, .offset = 1});                                             // 5: goes elsewhere
  maker.line(maker.add({.code = 0x7b, .dst = 10, .src = 6}), "a.c", "elsewhere", 4);  // 6
  maker.add(load_field(4, 8));                                                        // 7
  maker.add(exit_program);                                                            // 8
  CHECK(line_of(maker, 0) == 0);
  CHECK(line_of(maker, 1) == 1);  // its own
  CHECK(line_of(maker, 3) == 2);
  CHECK(line_of(maker, 7) == 4);
}

}  // namespace btfx
