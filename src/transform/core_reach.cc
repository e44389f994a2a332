#include "transform/core_reach.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace btfx {

namespace {

constexpr std::uint32_t max_insns = 1'000'000;  // what the verifier looks at
constexpr std::size_t registers = 16;           // as many as an instruction can name

using Value = std::optional<std::uint64_t>;  // nothing: not known

/// What the registers hold.
class State {
 public:
  [[nodiscard]] Value operator[](std::size_t i) const { return knows(i) ? Value(values_[i]) : std::nullopt; }
  [[nodiscard]] bool knows(std::size_t i) const { return (known_ >> i & 1U) != 0; }
  void forget(std::size_t i) { known_ = static_cast<std::uint16_t>(known_ & ~(1U << i)); }
  void set(std::size_t i, Value value) {
    forget(i);
    if (!value) return;
    values_[i] = *value;
    known_ = static_cast<std::uint16_t>(known_ | 1U << i);
  }

 private:
  std::array<std::uint64_t, registers> values_{};
  std::uint16_t known_ = 0;
};

/// The operations of ALU and ALU64, in the upper half of the code.
enum Arithmetic : std::uint8_t {
  add = 0x00,
  subtract = 0x10,
  multiply = 0x20,
  or_ = 0x40,
  and_ = 0x50,
  shift_left = 0x60,
  shift_right = 0x70,
  negate = 0x80,
  xor_ = 0xa0,
  move = 0xb0,
  shift_right_signed = 0xc0,
};

/// Those of JMP and JMP32.
enum Jump : std::uint8_t {
  always = 0x00,
  equal = 0x10,
  greater = 0x20,
  greater_equal = 0x30,
  bits_set = 0x40,
  not_equal = 0x50,
  greater_signed = 0x60,
  greater_equal_signed = 0x70,
  call = 0x80,
  exit_ = 0x90,
  less = 0xa0,
  less_equal = 0xb0,
  less_signed = 0xc0,
  less_equal_signed = 0xd0,
};

std::uint64_t sign_extended(std::uint32_t value) {
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
}

Value compute(std::uint8_t operation, std::uint64_t one, std::uint64_t other, bool narrow) {
  const unsigned shift = static_cast<unsigned>(other) & (narrow ? 31U : 63U);
  switch (operation) {
    case add:
      return one + other;
    case subtract:
      return one - other;
    case multiply:
      return one * other;
    case or_:
      return one | other;
    case and_:
      return one & other;
    case xor_:
      return one ^ other;
    case shift_left:
      return one << shift;
    case shift_right:
      return one >> shift;
    case shift_right_signed:
      return static_cast<std::uint64_t>(
          static_cast<std::int64_t>(narrow ? sign_extended(static_cast<std::uint32_t>(one)) : one) >> shift);
    case negate:
      return 0 - one;
    default:
      return std::nullopt;
  }
}

/// Whether a branch is taken; nothing when both may be.
std::optional<bool> is_taken(std::uint8_t operation, std::uint64_t one, std::uint64_t other) {
  const auto signed_one = static_cast<std::int64_t>(one), signed_other = static_cast<std::int64_t>(other);
  switch (operation) {
    case equal:
      return one == other;
    case not_equal:
      return one != other;
    case greater:
      return one > other;
    case greater_equal:
      return one >= other;
    case less:
      return one < other;
    case less_equal:
      return one <= other;
    case bits_set:
      return (one & other) != 0;
    case greater_signed:
      return signed_one > signed_other;
    case greater_equal_signed:
      return signed_one >= signed_other;
    case less_signed:
      return signed_one < signed_other;
    case less_equal_signed:
      return signed_one <= signed_other;
    default:
      return std::nullopt;
  }
}

class Walk {
 public:
  Walk(const BpfProgram& program, ByteOrder order, const Constants& constants)
      : program_(program), order_(order), constants_(constants), states_(program.insns()) {}

  std::vector<bool> run() {
    flow(0, State{});
    while (!pending_.empty()) {
      const std::uint32_t insn = pending_.back();
      pending_.pop_back();
      step(insn, *states_[insn]);
    }
    std::vector<bool> reached;
    reached.reserve(states_.size());
    for (const std::optional<State>& state : states_) reached.push_back(state.has_value());
    return reached;
  }

 private:
  /// Control comes to an instruction with these values. Each register becomes unknown at most once, which bounds all.
  void flow(std::int64_t insn, const State& state) {
    if (insn < 0 || insn >= static_cast<std::int64_t>(states_.size())) return;
    const auto at = static_cast<std::uint32_t>(insn);
    std::optional<State>& known = states_[at];
    bool changed = false;
    if (!known) {
      known = state;
      changed = true;
    } else {
      for (std::size_t i = 0; i < registers; ++i) {
        if (known->knows(i) && (*known)[i] != state[i]) {
          known->forget(i);
          changed = true;
        }
      }
    }
    if (changed) pending_.push_back(at);
  }

  [[nodiscard]] BpfInsn read(std::uint32_t insn) const {
    return BpfInsn::read(program_.code.data() + std::size_t{insn} * BpfInsn::size, order_);
  }

  void step(std::uint32_t at, State state) {
    const BpfInsn insn = read(at);
    auto immediate = static_cast<std::uint32_t>(insn.imm);
    if (const auto constant = constants_.find(at); constant != constants_.end()) {
      immediate = static_cast<std::uint32_t>(constant->second);
    }
    std::uint32_t next = at + 1;
    switch (insn.class_()) {
      case BpfInsn::alu:
      case BpfInsn::alu64:
        state.set(insn.dst, arithmetic(insn, state, sign_extended(immediate)));
        break;
      case BpfInsn::ld:
        if (insn.code == BpfInsn::load_immediate) {
          state.set(insn.dst, load_immediate(at, insn));
          ++next;
        } else {  // packet access, as calls are
          forget_call(state);
        }
        break;
      case BpfInsn::ldx:
        state.forget(insn.dst);
        break;
      case BpfInsn::stx:  // an atomic operation may put something into a register
        state.forget(insn.dst);
        state.forget(insn.src);
        state.forget(0);
        break;
      case BpfInsn::jmp:
      case BpfInsn::jmp32:
        return jump(at, insn, sign_extended(immediate), state);
      default:
        break;
    }
    flow(next, state);
  }

  static void forget_call(State& state) {
    for (std::size_t i = 0; i <= 5; ++i) state.forget(i);
  }

  static Value arithmetic(const BpfInsn& insn, const State& state, std::uint64_t immediate) {
    const bool narrow = insn.class_() == BpfInsn::alu;
    const Value other = insn.has_register_operand() ? state[insn.src] : Value(immediate);
    Value result;
    if (insn.offset != 0) return result;  // sign-extending moves, signed division
    if (insn.operation() == move) {
      result = other;
    } else if (state[insn.dst] && other) {
      const std::uint64_t one = *state[insn.dst];
      result =
          narrow ? compute(insn.operation(), static_cast<std::uint32_t>(one), static_cast<std::uint32_t>(*other), true)
                 : compute(insn.operation(), one, *other, false);
    }
    if (result && narrow) result = static_cast<std::uint32_t>(*result);
    return result;
  }

  [[nodiscard]] Value load_immediate(std::uint32_t at, const BpfInsn& insn) const {
    if (insn.src != 0 || at + 1 >= program_.insns()) return std::nullopt;  // a map, a variable, a function
    if (const auto constant = constants_.find(at); constant != constants_.end()) return constant->second;
    return std::uint64_t{static_cast<std::uint32_t>(read(at + 1).imm)} << 32 | static_cast<std::uint32_t>(insn.imm);
  }

  void jump(std::uint32_t at, const BpfInsn& insn, std::uint64_t immediate, State& state) {
    const bool narrow = insn.class_() == BpfInsn::jmp32;
    const std::int64_t next = std::int64_t{at} + 1;
    switch (insn.operation()) {
      case exit_:
        return;
      case call:
        forget_call(state);
        return flow(next, state);
      case always:
        return flow(next + (narrow ? insn.imm : insn.offset), state);
      default:
        break;
    }
    const Value one = state[insn.dst];
    const Value other = insn.has_register_operand() ? state[insn.src] : Value(immediate);
    std::optional<bool> taken;
    if (one && other) {
      taken = narrow ? is_taken(insn.operation(), sign_extended(static_cast<std::uint32_t>(*one)),
                                sign_extended(static_cast<std::uint32_t>(*other)))
                     : is_taken(insn.operation(), *one, *other);
    }
    if (taken != true) flow(next, state);
    if (taken != false) flow(next + insn.offset, state);
  }

  const BpfProgram& program_;
  ByteOrder order_;
  const Constants& constants_;
  std::vector<std::optional<State>> states_;
  std::vector<std::uint32_t> pending_;
};

}  // namespace

std::vector<bool> reachable_insns(const BpfProgram& program, ByteOrder order, const Constants& constants) {
  if (program.insns() > max_insns) return std::vector<bool>(program.insns(), true);
  return Walk(program, order, constants).run();
}

}  // namespace btfx
