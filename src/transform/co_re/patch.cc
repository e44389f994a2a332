#include "transform/co_re/patch.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/counted.h"

namespace btfx {

namespace {

CoreWritten refuse(CoreReason reason, std::string message) {
  return {.verdict = CoreVerdict::error, .failure = {reason, std::move(message)}};
}

CoreWritten wrote(bool changed) {
  return {.verdict = changed ? CoreVerdict::ok : CoreVerdict::same};
}

std::uint64_t extended(std::int32_t value) {
  return static_cast<std::uint64_t>(std::int64_t{value});
}

std::string_view form_name(CoreForm form) {
  switch (form) {
    case CoreForm::alu:
      return "immediate";
    case CoreForm::memory:
      return "offset";
    case CoreForm::load_immediate:
      return "64-bit immediate";
    case CoreForm::none:
      break;
  }
  return "value";
}

CoreWritten write_immediate(const CoreSlot& slot, const CoreWrite& write) {
  const auto kept = static_cast<std::int32_t>(static_cast<std::uint32_t>(write.new_value));
  CoreWritten written = wrote(extended(kept) != slot.value);
  // Where 32 bits are computed with, the upper ones are 0 whatever the sign.
  const bool matters = slot.width == 8 || (write.new_value >> 32) != 0;
  written.loses_bits = extended(kept) != write.new_value && matters;
  return written;
}

CoreWritten write_offset(const CoreSlot& slot, const CoreWrite& write) {
  if (write.new_value > INT16_MAX) {
    return refuse(CoreReason::value_too_big,
                  fmt::format("the offset {} does not fit in the instruction, which can hold {} at most",
                              write.new_value, INT16_MAX));
  }
  if (!write.clash.empty()) {
    return {.verdict = CoreVerdict::poison, .failure = {CoreReason::wrong_access, write.clash}};
  }
  CoreWritten written = wrote(write.new_value != slot.value || write.new_size != write.old_size);
  written.new_width = slot.width;
  if (write.new_size == write.old_size) return written;
  if (slot.width != write.old_size) {
    return refuse(CoreReason::instruction, fmt::format("the instruction moves {} of a field of {}",
                                                       counted(slot.width, "byte"), write.old_size));
  }
  const std::uint32_t size = write.new_size;
  if (size != 1 && size != 2 && size != 4 && size != 8) {
    return refuse(CoreReason::wrong_access, fmt::format("no instruction moves {} bytes", size));
  }
  written.new_width = size;
  return written;
}

}  // namespace

std::optional<CoreFailure> read_slot(const BpfProgram& program, ByteOrder order, std::uint32_t insn, CoreSlot& slot) {
  const std::byte* at = program.code.data() + std::size_t{insn} * BpfInsn::size;
  const BpfInsn first = BpfInsn::read(at, order);
  switch (first.class_()) {
    case BpfInsn::alu:
    case BpfInsn::alu64:
      if (first.has_register_operand()) break;
      slot = {.form = CoreForm::alu, .value = extended(first.imm), .width = first.class_() == BpfInsn::alu64 ? 8U : 4U};
      return std::nullopt;
    case BpfInsn::ldx:
    case BpfInsn::st:
    case BpfInsn::stx:
      slot = {.form = CoreForm::memory, .value = extended(first.offset), .width = first.width()};
      return std::nullopt;
    default: {
      if (first.code != BpfInsn::load_immediate || insn + 1 >= program.insns()) break;
      const BpfInsn second = BpfInsn::read(at + BpfInsn::size, order);
      const bool clean = first.src == 0 && first.offset == 0 && second.code == 0 && second.dst == 0 &&
                         second.src == 0 && second.offset == 0;
      if (!clean) break;
      slot = {
          .form = CoreForm::load_immediate,
          .value = std::uint64_t{static_cast<std::uint32_t>(second.imm)} << 32 | static_cast<std::uint32_t>(first.imm)};
      return std::nullopt;
    }
  }
  return CoreFailure{CoreReason::instruction,
                     fmt::format("the instruction (code 0x{:02x}) is none that can be relocated", first.code)};
}

CoreWritten write_slot(const CoreSlot& slot, const CoreWrite& write) {
  if (write.checked && slot.value != write.old_value) {
    return refuse(CoreReason::instruction, fmt::format("the instruction's {} is {}, but the object's own types give {}",
                                                       form_name(slot.form), slot.value, write.old_value));
  }
  switch (slot.form) {
    case CoreForm::alu:
      return write_immediate(slot, write);
    case CoreForm::memory:
      return write_offset(slot, write);
    default:
      return wrote(slot.value != write.new_value);
  }
}

}  // namespace btfx
