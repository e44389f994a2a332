#include "transform/co_re/lines.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>

namespace btfx {

namespace {

constexpr std::uint32_t max_distance = 256;  // from a loaded value to its use, in instructions
constexpr std::uint8_t move = 0xb0, call = 0x80, exit = 0x90;
constexpr unsigned arguments = 0x3e;  // r1 to r5
constexpr unsigned scratch = 0x3f;    // r0 to r5: a call overwrites them

/// Follows a value through registers.
class Trace {
 public:
  explicit Trace(std::uint8_t reg) : holders_(bit(reg)) {}

  /// Whether the instruction does something with the value other than computing.
  [[nodiscard]] bool is_used_by(const BpfInsn& insn) const {
    switch (insn.class_()) {
      case BpfInsn::ldx:
        return holds(insn.src);
      case BpfInsn::st:
        return holds(insn.dst);
      case BpfInsn::stx:
        return holds(insn.dst) || holds(insn.src);
      case BpfInsn::jmp:
      case BpfInsn::jmp32:
        if (insn.operation() == call) return (holders_ & arguments) != 0;
        if (insn.operation() == exit) return holds(0);
        return holds(insn.dst) || (insn.has_register_operand() && holds(insn.src));
      default:
        return false;
    }
  }

  /// Whether the instruction computes with the value.
  [[nodiscard]] bool is_computed_by(const BpfInsn& insn) const {
    if (insn.class_() != BpfInsn::alu && insn.class_() != BpfInsn::alu64) return false;
    return (insn.has_register_operand() && holds(insn.src)) || (insn.operation() != move && holds(insn.dst));
  }

  /// Goes on behind the instruction. False when the value is nowhere any more, or the program goes elsewhere.
  [[nodiscard]] bool pass(const BpfInsn& insn) {
    switch (insn.class_()) {
      case BpfInsn::alu:
      case BpfInsn::alu64: {
        const bool takes = insn.has_register_operand() && holds(insn.src);
        if (takes) {
          holders_ |= bit(insn.dst);
        } else if (insn.operation() == move) {
          holders_ &= ~bit(insn.dst);
        }
        break;
      }
      case BpfInsn::ld:
      case BpfInsn::ldx:
        holders_ &= ~bit(insn.dst);
        break;
      case BpfInsn::jmp:
      case BpfInsn::jmp32:
        if (insn.operation() == call) holders_ &= ~scratch;
        if (insn.operation() == exit || insn.operation() == 0) return false;
        break;
      default:
        break;
    }
    return holders_ != 0;
  }

 private:
  static unsigned bit(std::uint8_t reg) { return 1U << reg; }
  [[nodiscard]] bool holds(std::uint8_t reg) const { return (holders_ & bit(reg)) != 0; }

  unsigned holders_;  // a bit for each register
};

/// The instruction that uses what this one loads, or computes with it and has a line; nothing when this one loads
/// nothing, or that is not found.
template <typename HasLine>
std::optional<std::uint32_t> find_use(const BpfProgram& program, ByteOrder order, std::uint32_t insn,
                                      HasLine&& has_line) {
  const auto read = [&](std::uint32_t at) {
    return BpfInsn::read(program.code.data() + std::size_t{at} * BpfInsn::size, order);
  };
  const auto length = [](const BpfInsn& at) { return at.code == BpfInsn::load_immediate ? 2U : 1U; };
  const BpfInsn load = read(insn);
  const bool is_move = (load.class_() == BpfInsn::alu || load.class_() == BpfInsn::alu64) && load.operation() == move;
  if (!is_move && load.code != BpfInsn::load_immediate) return std::nullopt;
  Trace trace(load.dst);
  const std::uint32_t end = std::min(program.insns(), insn + max_distance);
  for (std::uint32_t at = insn + length(load); at < end;) {
    const BpfInsn here = read(at);
    if (trace.is_used_by(here) || (trace.is_computed_by(here) && has_line(at))) return at;
    if (!trace.pass(here)) return std::nullopt;
    at += length(here);
  }
  return std::nullopt;
}

}  // namespace

CoreLines::CoreLines(const BtfExt& ext) {
  for (const ExtBlock<LineInfo>& block : ext.lines()) {
    std::vector<LineInfo>& lines = lines_[block.section];
    // Line 0 is said of instructions that belong to no line in particular.
    std::ranges::copy_if(block.records, std::back_inserter(lines), [](const LineInfo& line) { return line.line != 0; });
  }
  for (auto& [section, lines] : lines_) std::ranges::stable_sort(lines, {}, &LineInfo::insn_offset);
}

const LineInfo* CoreLines::find(const BpfProgram& program, ByteOrder order, std::uint32_t insn) const& {
  const auto lines = lines_.find(program.section);
  if (lines == lines_.end()) return nullptr;
  const auto offset_of = [&](std::uint32_t at) { return (std::uint64_t{program.first_insn} + at) * BpfInsn::size; };
  const auto last_up_to = [&](std::uint32_t at) -> const LineInfo* {
    const auto after = std::ranges::upper_bound(lines->second, offset_of(at), {}, &LineInfo::insn_offset);
    if (after == lines->second.begin() || std::prev(after)->insn_offset < offset_of(0)) return nullptr;
    return &*std::prev(after);
  };
  const auto has_line = [&](std::uint32_t at) {
    const LineInfo* line = last_up_to(at);
    return line != nullptr && line->insn_offset == offset_of(at);
  };
  const LineInfo* line = last_up_to(insn);
  // Column 0 is where the function begins, not the line of its first instruction.
  if (line != nullptr && line->column != 0 && line->insn_offset == offset_of(insn)) return line;
  const std::optional<std::uint32_t> use = find_use(program, order, insn, has_line);
  return use ? last_up_to(*use) : line;
}

}  // namespace btfx
