#include "transform/co_re/patch.h"

#include <string>
#include <utility>

#include "catch.h"
#include "support/co_re_maker.h"

namespace btfx {
namespace {

/// A program of the given instructions.
BpfProgram program_of(std::initializer_list<BpfInsn> insns, ByteOrder order = native_order) {
  std::string code;
  for (const BpfInsn& insn : insns) code += test::encode(insn, order);
  return {.section = "s", .name = "p", .first_insn = 0, .code = Bytes::copy_of(code)};
}

CoreSlot slot_of(std::initializer_list<BpfInsn> insns, ByteOrder order = native_order) {
  CoreSlot slot;
  CHECK_FALSE(read_slot(program_of(insns, order), order, 0, slot));
  return slot;
}

std::string refusal(std::initializer_list<BpfInsn> insns) {
  CoreSlot slot;
  const auto failure = read_slot(program_of(insns), native_order, 0, slot);
  return failure ? failure->message : std::string();
}

std::string content_of(const CoreWritten& written) {
  std::string text(to_string(written.verdict));
  if (written.new_width != 0) text += " " + std::to_string(written.new_width) + " bytes";
  if (written.loses_bits) text += " cut";
  if (!written.failure.message.empty()) text += ": " + written.failure.message;
  return text;
}

}  // namespace

TEST_CASE("What an instruction holds is read in either byte order") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CoreSlot slot = slot_of({test::move_immediate(3, -5)}, order);
    CHECK(slot.form == CoreForm::alu);
    CHECK(slot.value == static_cast<std::uint64_t>(-5));
    slot = slot_of({test::load_field(2, 258)}, order);
    CHECK(slot.form == CoreForm::memory);
    CHECK(slot.value == 258);
    CHECK(slot.width == 2);
    slot = slot_of({{.code = 0x18, .dst = 1, .imm = -1}, {.imm = 0x1234}}, order);
    CHECK(slot.form == CoreForm::load_immediate);
    CHECK(slot.value == 0x1234ffffffffULL);
  }
}

TEST_CASE("Instructions that cannot be relocated") {
  CHECK(refusal({test::exit_program}) == "the instruction (code 0x95) is none that can be relocated");
  CHECK(refusal({{.code = 0x0f, .dst = 1, .src = 2}}) == "the instruction (code 0x0f) is none that can be relocated");
  CHECK(refusal({{.code = 0x18}}) == "the instruction (code 0x18) is none that can be relocated");
  CHECK(refusal({{.code = 0x18, .src = 1}, {}}) == "the instruction (code 0x18) is none that can be relocated");
  CHECK(refusal({{.code = 0x18}, {.code = 0x95}}) == "the instruction (code 0x18) is none that can be relocated");
}

TEST_CASE("Immediates") {
  const CoreSlot slot = slot_of({test::move_immediate(1, 8)});
  CHECK(content_of(write_slot(slot, {.old_value = 8, .new_value = 8, .checked = true})) == "same");
  CHECK(content_of(write_slot(slot, {.old_value = 8, .new_value = 16, .checked = true})) == "ok");
  CHECK(content_of(write_slot(slot, {.old_value = 9, .new_value = 16, .checked = false})) == "ok");
  CHECK(content_of(write_slot(slot, {.old_value = 9, .new_value = 16, .checked = true})) ==
        "error: the instruction's immediate is 8, but the object's own types give 9");
  CHECK(content_of(write_slot(slot, {.new_value = 1ULL << 32})) == "ok cut");
  CHECK(content_of(write_slot(slot, {.new_value = 1ULL << 31})) == "ok cut");  // it would be extended as negative
  CHECK(content_of(write_slot(slot_of({{.code = 0xb4}}), {.new_value = 1ULL << 31})) == "ok");
  CHECK(content_of(write_slot(slot_of({{.code = 0xb4}}), {.new_value = (1ULL << 32) + 1})) == "ok cut");
  CHECK(content_of(write_slot(slot, {.new_value = static_cast<std::uint64_t>(-5)})) == "ok");
}

TEST_CASE("Loads and stores") {
  const CoreSlot slot = slot_of({test::load_field(4, 8)});
  const auto write = [&](std::uint64_t value, std::uint32_t old_size, std::uint32_t new_size, std::string clash = {}) {
    return content_of(write_slot(slot, {.old_value = 8,
                                        .new_value = value,
                                        .checked = true,
                                        .clash = std::move(clash),
                                        .old_size = old_size,
                                        .new_size = new_size}));
  };
  CHECK(write(8, 4, 4) == "same 4 bytes");
  CHECK(write(8, 4, 8) == "ok 8 bytes");
  CHECK(write(32767, 4, 4) == "ok 4 bytes");
  CHECK(write(32768, 4, 4) == "error: the offset 32768 does not fit in the instruction, which can hold 32767 at most");
  CHECK(write(8, 8, 4) == "error: the instruction moves 4 bytes of a field of 8");
  CHECK(write(8, 4, 16) == "error: no instruction moves 16 bytes");
  CHECK(write(8, 4, 8, "not both unsigned") == "poison: not both unsigned");
}

}  // namespace btfx
