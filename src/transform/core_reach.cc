#include "transform/core_reach.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace btfx {

namespace {

// How many instructions of an object are followed. Real ones have some ten thousand; hostile ones may put a great many
// functions over the same instructions.
constexpr std::uint32_t max_insns = 1U << 18;
constexpr std::size_t registers = 16;  // as many as an instruction can name

/// What is known about a register, from nothing that the program's questions could have an influence on to a number.
enum class Knowledge : std::uint8_t {
  outside,   ///< comes from the kernel or its user: the verifier does not know it either
  constant,  ///< a number
  own,       ///< points to the program's stack or data
  mixed,     ///< may depend on constants in a way that is not followed: differs by the way, or was in memory
};

struct Value {
  Knowledge knowledge = Knowledge::outside;
  std::uint64_t number = 0;

  [[nodiscard]] bool is_constant() const { return knowledge == Knowledge::constant; }
  bool operator==(const Value&) const = default;
};

constexpr Value outside{}, mixed{.knowledge = Knowledge::mixed}, own{.knowledge = Knowledge::own};

constexpr Value constant(std::uint64_t number) {
  return {.knowledge = Knowledge::constant, .number = number};
}

constexpr std::size_t frame_pointer = 10;

using State = std::array<Value, registers>;

State entry_state(Value arguments) {
  State state{};
  for (std::size_t i = 1; i <= 5; ++i) state[i] = arguments;
  state[frame_pointer] = own;
  return state;
}

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

std::optional<std::uint64_t> compute(std::uint8_t operation, std::uint64_t one, std::uint64_t other, bool narrow) {
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

/// An instruction of a function.
struct At {
  std::size_t program = 0;
  std::int64_t insn = 0;
};

/// Where control may go, and with which values.
struct Edge {
  At to;
  State state;
};

/// What an instruction leads to.
struct Step {
  std::vector<Edge> edges;
  bool depends = false;  ///< it is a branch that the verifier may be able to decide
};

class Walk {
 public:
  Walk(const BpfCode& code, std::span<const Constants> constants)
      : code_(code), constants_(constants), states_(code.programs.size()) {}

  /// All that can be reached, unless there is too much of it.
  std::optional<BpfReach::Graph> run(bool globals_alone) {
    const std::vector<Edge> entries = find_entries(globals_alone);
    for (const Edge& edge : entries) flow(edge);
    while (!pending_.empty() && !too_long_) {
      const At at = pending_.back();
      pending_.pop_back();
      for (const Edge& edge : step(at, *state(at)).edges) flow(edge);
    }
    if (too_long_) return std::nullopt;
    return graph(entries);
  }

 private:
  [[nodiscard]] bool contains(At at) const {
    return at.insn >= 0 && at.insn < std::int64_t{code_.programs[at.program].insns()};
  }
  std::optional<State>& state(At at) { return states_[at.program][static_cast<std::size_t>(at.insn)]; }

  /// Where the kernel begins to verify: at programs, and at global functions where it looks at these by themselves.
  [[nodiscard]] std::vector<Edge> find_entries(bool globals_alone) const {
    std::vector<bool> is_used(code_.programs.size());
    for (const BpfReference& reference : code_.references) {
      if (reference.function) is_used[*reference.function] = true;
    }
    std::vector<Edge> entries;
    for (std::size_t i = 0; i < code_.programs.size(); ++i) {
      // A lone function is a program, wherever it lies.
      const bool is_program = code_.programs[i].section != ".text" || code_.programs.size() == 1;
      if (is_program || (globals_alone && code_.programs[i].is_global && is_used[i])) {
        entries.push_back({{i, 0}, entry_state(outside)});
      }
    }
    return entries;
  }

  /// Control comes to an instruction with these values. Each register becomes mixed at most once, which bounds all.
  void flow(const Edge& edge) {
    if (!contains(edge.to)) return;
    auto& states = states_[edge.to.program];
    if (states.empty()) {
      const std::uint32_t insns = code_.programs[edge.to.program].insns();
      too_long_ = too_long_ || insns > max_insns - insns_;
      if (too_long_) return;
      insns_ += insns;
      states.resize(insns);
    }
    std::optional<State>& known = state(edge.to);
    bool changed = !known;
    if (!known) known = edge.state;
    for (std::size_t i = 0; i < registers; ++i) {
      Value& value = (*known)[i];
      if (value == edge.state[i] || value == mixed) continue;
      value = mixed;
      changed = true;
    }
    if (changed) pending_.push_back(edge.to);
  }

  /// What leads where, with the values that the walk ended with.
  BpfReach::Graph graph(const std::vector<Edge>& entries) {
    BpfReach::Graph graph;
    std::uint32_t nodes = 0;
    for (const auto& states : states_) {
      graph.first_node.push_back(nodes);
      nodes += static_cast<std::uint32_t>(states.size());
      graph.size.push_back(static_cast<std::uint32_t>(states.size()));
    }
    graph.nodes.resize(nodes);
    const auto node_at = [&](At at) { return graph.first_node[at.program] + static_cast<std::uint32_t>(at.insn); };
    for (std::size_t program = 0; program < states_.size(); ++program) {
      for (std::size_t insn = 0; insn < states_[program].size(); ++insn) {
        const At at{program, static_cast<std::int64_t>(insn)};
        if (!state(at)) continue;
        const Step next = step(at, *state(at));
        BpfReach::Graph::Node& node = graph.nodes[node_at(at)];
        node.reached = true;
        node.depends = next.depends;
        for (const Edge& edge : next.edges) {
          ++node.ways;
          if (contains(edge.to)) graph.edges.emplace_back(node_at(edge.to), node_at(at));
        }
      }
    }
    for (const Edge& entry : entries) {
      if (contains(entry.to)) graph.nodes[node_at(entry.to)].entry = true;
    }
    std::ranges::sort(graph.edges);
    return graph;
  }

  [[nodiscard]] BpfInsn read(At at) const {
    const auto offset = static_cast<std::size_t>(at.insn) * BpfInsn::size;
    return BpfInsn::read(code_.programs[at.program].code.data() + offset, code_.order);
  }

  /// The value that a relocation put into an instruction.
  [[nodiscard]] const std::uint64_t* relocated(At at) const {
    const auto found = constants_[at.program].find(static_cast<std::uint32_t>(at.insn));
    return found == constants_[at.program].end() ? nullptr : &found->second;
  }

  [[nodiscard]] const BpfReference* reference(At at) const {
    const BpfProgram& program = code_.programs[at.program];
    return find_reference(code_.references, program.section, program.first_insn + static_cast<std::uint32_t>(at.insn));
  }

  [[nodiscard]] Step step(At at, State state) const {
    const BpfInsn insn = read(at);
    const std::uint64_t* const constant_here = relocated(at);
    const std::uint64_t immediate = sign_extended(
        constant_here == nullptr ? static_cast<std::uint32_t>(insn.imm) : static_cast<std::uint32_t>(*constant_here));
    At next{at.program, at.insn + 1};
    Step result;
    switch (insn.class_()) {
      case BpfInsn::alu:
      case BpfInsn::alu64:
        state[insn.dst] = arithmetic(insn, state, immediate);
        break;
      case BpfInsn::ld:
        if (insn.code == BpfInsn::load_immediate) {
          const BpfReference* const target = reference(at);
          state[insn.dst] = load_immediate(at, insn, target);
          // A function whose address is taken will be called, with arguments that are not known here.
          if (target != nullptr && target->function) {
            result.edges.push_back({{*target->function, 0}, entry_state(mixed)});
          }
          ++next.insn;
        } else {  // packet access, as calls are
          forget_call(state);
        }
        break;
      case BpfInsn::ldx:
        state[insn.dst] = state[insn.src] == outside ? outside : mixed;
        break;
      case BpfInsn::stx:
        if (insn.is_plain_access()) break;  // an atomic operation may put something into a register
        for (const std::uint8_t changed : {insn.dst, insn.src, std::uint8_t{0}}) {
          if (changed != frame_pointer) state[changed] = mixed;
        }
        break;
      case BpfInsn::jmp:
      case BpfInsn::jmp32:
        jump(at, insn, immediate, state, result);
        return result;
      default:
        break;
    }
    result.edges.push_back({next, state});
    return result;
  }

  static void forget_call(State& state) {
    for (std::size_t i = 0; i <= 5; ++i) state[i] = outside;
  }

  static Value arithmetic(const BpfInsn& insn, const State& state, std::uint64_t immediate) {
    const bool narrow = insn.class_() == BpfInsn::alu;
    const Value one = state[insn.dst], other = insn.has_register_operand() ? state[insn.src] : constant(immediate);
    const bool is_move = insn.operation() == move;
    const bool extends = insn.offset != 0;  // sign-extending moves, signed division
    std::optional<std::uint64_t> result;
    if (is_move && !extends) {
      if (!other.is_constant()) return other;
      result = other.number;
    } else if (one.is_constant() && other.is_constant() && !extends) {
      result = narrow ? compute(insn.operation(), static_cast<std::uint32_t>(one.number),
                                static_cast<std::uint32_t>(other.number), true)
                      : compute(insn.operation(), one.number, other.number, false);
    }
    if (result) return constant(narrow ? static_cast<std::uint32_t>(*result) : *result);
    const auto is_one_of = [&](const Value& value) { return (one == value && !is_move) || other == value; };
    if (is_one_of(mixed)) return mixed;
    if (is_one_of(own)) return own;
    return is_one_of(outside) ? outside : mixed;
  }

  [[nodiscard]] Value load_immediate(At at, const BpfInsn& insn, const BpfReference* target) const {
    if (insn.src != 0 || target != nullptr || !contains({at.program, at.insn + 1})) return own;
    if (const std::uint64_t* number = relocated(at)) return constant(*number);
    const BpfInsn second = read({at.program, at.insn + 1});
    return constant(std::uint64_t{static_cast<std::uint32_t>(second.imm)} << 32 | static_cast<std::uint32_t>(insn.imm));
  }

  /// The function of the object that is called; nothing for the kernel's.
  [[nodiscard]] std::optional<std::size_t> called(At at, const BpfInsn& insn) const {
    constexpr std::uint8_t to_function = 1;  // in place of the source register
    if (const BpfReference* target = reference(at)) return target->function;
    if (insn.src != to_function) return std::nullopt;
    const BpfProgram& program = code_.programs[at.program];
    const std::int64_t target = program.first_insn + at.insn + insn.imm + 1;
    if (target < 0 || target > UINT32_MAX) return std::nullopt;
    return find_program(code_.programs, program.section, static_cast<std::uint32_t>(target));
  }

  void jump(At at, const BpfInsn& insn, std::uint64_t immediate, State& state, Step& result) const {
    const bool narrow = insn.class_() == BpfInsn::jmp32;
    const auto go = [&](std::int64_t distance) {
      result.edges.push_back({{at.program, at.insn + 1 + distance}, state});
    };
    switch (insn.operation()) {
      case exit_:
        return;
      case call: {
        const std::optional<std::size_t> function = called(at, insn);
        if (function) {
          State arguments = entry_state(outside);
          std::copy_n(state.begin() + 1, 5, arguments.begin() + 1);
          result.edges.push_back({{*function, 0}, arguments});
        }
        forget_call(state);
        if (function) state[0] = mixed;  // it may return what it was given
        return go(0);
      }
      case always:
        return go(narrow ? insn.imm : insn.offset);
      default:
        break;
    }
    const Value one = state[insn.dst], other = insn.has_register_operand() ? state[insn.src] : constant(immediate);
    std::optional<bool> taken;
    if (one.is_constant() && other.is_constant()) {
      taken = narrow ? is_taken(insn.operation(), sign_extended(static_cast<std::uint32_t>(one.number)),
                                sign_extended(static_cast<std::uint32_t>(other.number)))
                     : is_taken(insn.operation(), one.number, other.number);
    }
    const auto is_free = [](Value value) { return value == outside || value.is_constant(); };
    // Between two numbers the branch is of a sort that is not followed.
    result.depends = !taken && (!is_free(one) || !is_free(other) || (one.is_constant() && other.is_constant()));
    if (taken != true) go(0);
    if (taken != false) go(insn.offset);
  }

  const BpfCode& code_;
  std::span<const Constants> constants_;
  std::vector<std::vector<std::optional<State>>> states_;  // of each function that is reached
  std::uint32_t insns_ = 0;                                // of those
  bool too_long_ = false;
  std::vector<At> pending_;
};

}  // namespace

BpfReach::BpfReach(const BpfCode& code, std::span<const Constants> constants, bool globals_alone)
    : graph_(Walk(code, constants).run(globals_alone)) {}

Reach BpfReach::of(std::size_t program, std::uint32_t insn) {
  if (!graph_) return Reach::surely;
  if (insn >= graph_->size[program]) return Reach::never;
  const std::uint32_t node = graph_->first_node[program] + insn;
  if (!graph_->nodes[node].reached) return Reach::never;
  return is_sure(node) ? Reach::surely : Reach::perhaps;
}

/// Goes back from an instruction to all that surely lead to it: one of their ways does or, where the verifier may
/// decide for one of them, all do.
bool BpfReach::is_sure(std::uint32_t node) {
  std::unordered_map<std::uint32_t, std::uint8_t> leading;  // how many ways of an instruction surely lead there
  std::vector<std::uint32_t> pending{node};
  leading[node] = UINT8_MAX;  // which is not to be come to again
  while (!pending.empty()) {
    const std::uint32_t to = pending.back();
    pending.pop_back();
    if (graph_->nodes[to].entry) return true;
    auto edge = std::ranges::lower_bound(graph_->edges, to, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
    for (; edge != graph_->edges.end() && edge->first == to; ++edge) {
      const std::uint32_t source = edge->second;
      if (work_ == 0) return true;  // which warns once too often, rather than not at all
      --work_;
      std::uint8_t& ways = leading[source];
      if (ways == UINT8_MAX) continue;
      const Graph::Node& before = graph_->nodes[source];
      if (++ways < (before.depends ? before.ways : 1)) continue;
      ways = UINT8_MAX;
      pending.push_back(source);
    }
  }
  return false;
}

}  // namespace btfx
