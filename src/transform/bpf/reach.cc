#include "transform/bpf/reach.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "transform/bpf/arithmetic.h"
#include "transform/bpf/stack.h"

namespace btfx {

namespace {

// How many instructions of an object are followed. Real ones have some ten thousand; hostile ones may put a great many
// functions over the same instructions.
constexpr std::uint32_t max_insns = 1U << 18;
constexpr std::size_t registers = 16;                    // as many as an instruction can name
constexpr std::size_t max_cells = std::size_t{1} << 21;  // of stacks, that are remembered
constexpr std::size_t max_work = std::size_t{1} << 27;   // registers and cells that are gone through

using Value = BpfValue;

constexpr Value outside{}, mixed{.knowledge = Knowledge::mixed}, own{.knowledge = Knowledge::own};
constexpr Value data{.knowledge = Knowledge::data}, nonzero{.knowledge = Knowledge::address};

constexpr Value constant(std::uint64_t number) {
  return {.knowledge = Knowledge::constant, .number = number};
}

/// The address of a place on the stack. The verifier refuses to go further away than this; nobody who adds an offset
/// to it, or a size, needs to think of overflows.
constexpr Value frame(std::uint64_t place) {
  constexpr std::uint64_t furthest = std::uint64_t{1} << 29;
  if (place + furthest > 2 * furthest) return own;
  return {.knowledge = Knowledge::frame, .number = place};
}

/// A distance from what an index stands for, in one number.
constexpr std::uint64_t place_in(std::size_t index, std::int32_t distance) {
  return std::uint64_t{index} << 32 | static_cast<std::uint32_t>(distance);
}
constexpr std::size_t index_of(std::uint64_t place) {
  return place >> 32;
}
constexpr std::int32_t distance_of(std::uint64_t place) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(place));
}

constexpr std::size_t frame_pointer = 10;

/// What is known before an instruction.
struct State {
  std::array<Value, registers> values{};
  BpfStack stack{};

  Value& operator[](std::size_t i) { return values[i]; }
  const Value& operator[](std::size_t i) const { return values[i]; }
};

State entry_state(Value arguments) {
  State state;
  for (std::size_t i = 1; i <= 5; ++i) state[i] = arguments;
  state[frame_pointer] = frame(0);
  return state;
}

/// An instruction of a function.
struct At {
  std::size_t program = 0;
  std::int64_t insn = 0;

  auto operator<=>(const At&) const = default;
};

/// Where control may go, and with which values.
struct Edge {
  At to;
  State state;
};

/// What an instruction leads to.
struct Step {
  std::vector<Edge> edges;
  bool depends = false;                 ///< it is a branch that the verifier may be able to decide
  std::optional<std::size_t> waits{};   ///< it calls this function, and goes on when that returns
  std::optional<Value> returned{};      ///< it ends the function with this
  std::optional<std::size_t> enters{};  ///< it calls this function: the first edge leads there, beside what comes next
  std::optional<ContextRead> read{};
};

/// What is known of a value that comes to a place by two ways.
Value joined(Value one, Value other) {
  if (one == other) return one;
  one = one.without_context();
  other = other.without_context();
  if (one == other) return one;
  return one.is_on_stack() || other.is_on_stack() ? own : mixed;
}

/// Whether a helper has no arguments, so that what is in their registers is of no meaning: clocks, numbers of what
/// runs.
bool takes_nothing(std::int32_t helper) {
  constexpr std::array<std::int32_t, 12> helpers{5, 7, 8, 14, 15, 35, 42, 80, 118, 125, 158, 160};
  return std::ranges::find(helpers, helper) != helpers.end();
}

/// Whether a helper fills memory that its first argument points to, as much as the second says.
bool fills_memory(std::int32_t helper) {
  constexpr std::int32_t probe_read = 4, get_current_comm = 16, probe_read_str = 45;
  constexpr std::int32_t probe_read_user = 112, probe_read_kernel_str = 115;  // with two in between
  return helper == probe_read || helper == get_current_comm || helper == probe_read_str ||
         (helper >= probe_read_user && helper <= probe_read_kernel_str);
}

/// Whether what a call runs is verified in the caller's frame: helpers that call a function of the object, and
/// functions of the kernel, which may do so. Then an address on the stack gives all of it away, also what lies before.
bool calls_back(std::int32_t helper) {
  constexpr std::int32_t kernel_function = 0;
  constexpr std::array<std::int32_t, 6> helpers{kernel_function, 164, 170, 180, 181, 209};
  return std::ranges::find(helpers, helper) != helpers.end();
}

class Walk {
 public:
  Walk(const BpfCode& code, std::span<const Constants> constants)
      : code_(code),
        constants_(constants),
        nodes_(code.programs.size()),
        returned_(code.programs.size()),
        waiting_(code.programs.size()) {}

  /// All that can be reached, unless there is too much of it.
  std::optional<BpfReach::Graph> run(const BpfReach::Options& options) {
    const std::vector<At> entries = find_entries(options);
    for (const At& entry : entries) {
      State state = entry_state(outside);
      state[1] = {.knowledge = Knowledge::context, .number = place_in(entry.program, 0)};
      flow({entry, std::move(state)});
    }
    while (!pending_.empty() && !too_long_) {
      const At at = pending_.back();
      pending_.pop_back();
      node(at).is_pending = false;
      const Step next = step(at, *node(at).state);
      if (next.waits) waiting_[*next.waits].insert(at);
      if (next.returned) leave(at.program, *next.returned);
      for (const Edge& edge : next.edges) flow(edge);
    }
    if (too_long_) return std::nullopt;
    return graph(entries);
  }

 private:
  [[nodiscard]] bool contains(At at) const {
    return at.insn >= 0 && at.insn < std::int64_t{code_.programs[at.program].insns()};
  }

  /// An instruction.
  struct Node {
    std::optional<State> state;  // if control comes there
    bool is_pending = false;     // whether what it leads to is to be looked at again
  };
  Node& node(At at) { return nodes_[at.program][static_cast<std::size_t>(at.insn)]; }
  void look_again(At at) {
    if (!std::exchange(node(at).is_pending, true)) pending_.push_back(at);
  }

  /// Where the kernel begins to verify: at programs, at what they name as their exception callbacks, and at global
  /// functions where it looks at these by themselves.
  [[nodiscard]] std::vector<At> find_entries(const BpfReach::Options& options) const {
    std::vector<bool> is_used(code_.programs.size());
    for (const BpfReference& reference : code_.references) {
      if (reference.function) is_used[*reference.function] = true;
    }
    std::vector<At> entries;
    for (std::size_t i = 0; i < code_.programs.size(); ++i) {
      // A lone function is a program, wherever it lies.
      const bool is_program = code_.programs[i].section != ".text" || code_.programs.size() == 1;
      if (is_program && code_.programs[i].is_optional() && !options.optional) continue;
      if (is_program || code_.programs[i].is_exception_callback ||
          (options.globals_alone && code_.programs[i].is_global && is_used[i])) {
        entries.push_back({i, 0});
      }
    }
    return entries;
  }

  /// Control comes to an instruction with these values. What is known there of a register changes three times at most,
  /// to outside, to mixed and to `own`; what is known of a byte of the stack once. So the walk ends; `max_work` ends it
  /// long before that in what somebody made to take long.
  void flow(const Edge& edge) {
    if (!contains(edge.to)) return;
    auto& nodes = nodes_[edge.to.program];
    if (nodes.empty()) {
      const std::uint32_t insns = code_.programs[edge.to.program].insns();
      too_long_ = too_long_ || insns > max_insns - insns_;
      if (too_long_) return;
      insns_ += insns;
      nodes.resize(insns);
    }
    std::optional<State>& known = node(edge.to).state;
    const std::size_t before = known ? known->stack.size() : 0;
    work_ += registers + before + edge.state.stack.size();
    const bool changed = !known || join(*known, edge.state);
    if (!known) known = edge.state;
    cells_ = cells_ - before + known->stack.size();
    too_long_ = too_long_ || cells_ > max_cells || work_ > max_work;
    if (changed) look_again(edge.to);
  }

  /// Gives whether anything changed.
  static bool join(State& known, const State& other) {
    bool changed = known.stack.join(other.stack);
    for (std::size_t i = 0; i < registers; ++i) {
      const Value both = joined(known[i], other[i]);
      changed = changed || both != known[i];
      known[i] = both;
    }
    return changed;
  }

  /// A function returns a value: to all that wait for it, if they do not know that yet.
  void leave(std::size_t program, Value value) {
    std::optional<Value>& known = returned_[program];
    const Value both = known ? joined(*known, value) : value;
    if (known == both) return;
    known = both;
    for (const At& at : waiting_[program]) look_again(at);
  }

  /// What leads where, with the values that the walk ended with.
  BpfReach::Graph graph(const std::vector<At>& entries) {
    BpfReach::Graph graph;
    std::uint32_t nodes = 0;
    for (const auto& insns : nodes_) {
      graph.first_node.push_back(nodes);
      nodes += static_cast<std::uint32_t>(insns.size());
      graph.size.push_back(static_cast<std::uint32_t>(insns.size()));
    }
    graph.nodes.resize(nodes);
    const auto node_at = [&](At at) { return graph.first_node[at.program] + static_cast<std::uint32_t>(at.insn); };
    for (std::size_t program = 0; program < nodes_.size(); ++program) {
      for (std::size_t insn = 0; insn < nodes_[program].size(); ++insn) {
        const At at{program, static_cast<std::int64_t>(insn)};
        if (!node(at).state) continue;
        const Step next = step(at, *node(at).state);
        BpfReach::Graph::Node& known = graph.nodes[node_at(at)];
        known.reached = true;
        known.depends = next.depends;
        known.ends = next.returned.has_value() || may_end(at);
        if (next.enters) graph.entered.emplace(node_at(at), static_cast<std::uint32_t>(*next.enters));
        if (next.read) graph.reads.push_back(*next.read);
        for (const Edge& edge : next.edges) {
          ++known.ways;
          if (contains(edge.to)) graph.edges.emplace_back(node_at(edge.to), node_at(at));
        }
      }
    }
    for (const At& entry : entries) {
      if (contains(entry)) graph.nodes[node_at(entry)].entry = true;
    }
    std::ranges::sort(graph.edges);
    return graph;
  }

  [[nodiscard]] BpfInsn read(At at) const {
    const auto offset = static_cast<std::size_t>(at.insn) * BpfInsn::size;
    return BpfInsn::read(code_.programs[at.program].code.data() + offset, code_.order);
  }

  /// The value that a relocation put into an instruction.
  [[nodiscard]] const std::optional<std::uint64_t>* relocated(At at) const {
    const auto found = constants_[at.program].find(static_cast<std::uint32_t>(at.insn));
    return found == constants_[at.program].end() ? nullptr : &found->second;
  }

  [[nodiscard]] BpfExternValue::Kind extern_kind(std::size_t index) const {
    return index < code_.externs.size() ? code_.externs[index].kind : BpfExternValue::Kind::data;
  }

  /// Whether an instruction calls what may end the program.
  [[nodiscard]] bool may_end(At at) const {
    const BpfReference* const target = reference(at);
    return target != nullptr && target->external && *target->external < code_.externs.size() &&
           code_.externs[*target->external].ends;
  }

  [[nodiscard]] const BpfReference* reference(At at) const {
    const BpfProgram& program = code_.programs[at.program];
    return find_reference(code_.references, program.section, program.first_insn + static_cast<std::uint32_t>(at.insn));
  }

  [[nodiscard]] Step step(At at, State state) const {
    const BpfInsn insn = read(at);
    const std::optional<std::uint64_t>* const constant_here = relocated(at);
    const Value immediate = constant_here == nullptr ? constant(sign_extended(static_cast<std::uint32_t>(insn.imm)))
                            : *constant_here ? constant(sign_extended(static_cast<std::uint32_t>(**constant_here)))
                                             : mixed;
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
        if (const Value from = state[insn.src]; from.is_context()) {
          result.read = {.program = index_of(from.number),
                         .at = {at.program, static_cast<std::uint32_t>(at.insn)},
                         .offset = distance_of(from.number) + insn.offset,
                         .width = insn.width()};
        }
        state[insn.dst] = loaded(insn, state);
        break;
      case BpfInsn::st:
        store(insn, outside, state);  // verifiers before 6.3 do not look at the number
        break;
      case BpfInsn::stx:
        if (insn.is_plain_access()) {
          store(insn, state[insn.src], state);
        } else {
          change_atomically(insn, state);
        }
        break;
      case BpfInsn::jmp:
      case BpfInsn::jmp32:
        jump(at, insn, immediate, state, result);
        return result;
      default:
        break;
    }
    result.edges.push_back({next, std::move(state)});
    return result;
  }

  static void forget_call(State& state) {
    for (std::size_t i = 0; i <= 5; ++i) state[i] = outside;
  }

  static std::int64_t place_of(Value address, std::int64_t offset) {
    return static_cast<std::int64_t>(address.number + static_cast<std::uint64_t>(offset));
  }

  /// What lies in an extern that does not change.
  [[nodiscard]] Value loaded_extern(const BpfInsn& insn, Value from) const {
    const std::string& content = code_.externs[index_of(from.number)].content;
    const std::int64_t place = std::int64_t{distance_of(from.number)} + insn.offset;
    const auto size = static_cast<std::int64_t>(content.size());
    if (!insn.is_plain_access() || place < 0 || place + std::int64_t{insn.width()} > size) return mixed;
    const auto* bytes = reinterpret_cast<const std::byte*>(content.data()) + place;
    switch (insn.width()) {
      case 1:
        return constant(std::to_integer<std::uint64_t>(*bytes));
      case 2:
        return constant(load<std::uint16_t>(bytes, code_.order));
      case 4:
        return constant(load<std::uint32_t>(bytes, code_.order));
      default:
        return constant(load<std::uint64_t>(bytes, code_.order));
    }
  }

  [[nodiscard]] Value loaded(const BpfInsn& insn, const State& state) const {
    const Value address = state[insn.src].without_context();
    if (address == outside) return outside;
    if (address.knowledge == Knowledge::external) return loaded_extern(insn, address);
    if (!address.is_frame()) return mixed;
    const Value value = state.stack.load(place_of(address, insn.offset), insn.width());
    return insn.is_plain_access() || value.without_context() == outside ? value : mixed;  // others extend signs
  }

  static void store(const BpfInsn& insn, Value value, State& state) {
    const Value address = state[insn.dst];
    if (!address.is_frame()) {
      if (value.is_on_stack()) state.stack.share();
      return may_be_on_stack(address, state) ? state.stack.mix_all() : void();
    }
    state.stack.store(place_of(address, insn.offset), insn.width(), value);
  }

  /// An operation on memory, which may give what was there before. The address keeps its value.
  static void change_atomically(const BpfInsn& insn, State& state) {
    constexpr std::int32_t load_acquire = 0x100, store_release = 0x110;
    constexpr std::int32_t fetch = 0x01, compare_and_exchange = 0xf1;
    const auto mix = [&](std::uint8_t reg) {
      if (reg != frame_pointer) state[reg] = joined(state[reg], mixed);
    };
    if (insn.imm == load_acquire) return mix(insn.dst);
    if (insn.imm == store_release) return store(insn, state[insn.src], state);
    if (state[insn.src].is_on_stack()) state.stack.share();
    store(insn, outside, state);  // the verifier does not compute what comes out
    if (insn.imm == compare_and_exchange) {
      mix(0);
    } else if ((insn.imm & fetch) != 0) {
      mix(insn.src);
    }
  }

  static bool may_be_on_stack(Value address, const State& state) {
    return address.is_on_stack() || (address == mixed && state.stack.is_shared());
  }

  /// What a call may do to the stack: it may fill whatever an argument points to, and what lies behind that; a function
  /// of the object may write anywhere. `helper` is 0 for what is none.
  static void pass_stack(State& state, std::int32_t helper) {
    if (takes_nothing(helper)) return;
    const Value first = state[1], second = state[2];
    if (fills_memory(helper) && first.is_frame() && second.is_constant() && second.number <= 512) {
      return state.stack.fill(place_of(first, 0), place_of(first, static_cast<std::int64_t>(second.number)));
    }
    for (std::size_t i = 1; i <= 5; ++i) {
      if (!may_be_on_stack(state[i], state)) continue;
      if (calls_back(helper) || !state[i].is_frame() || state.stack.is_shared()) return state.stack.mix_all();
      state.stack.mix(place_of(state[i], 0), 0);
    }
  }

  /// An address of which the lower half was taken.
  static Value without_place(Value value) {
    value = value.without_context();
    return value.knowledge == Knowledge::external || value == nonzero ? mixed : value;
  }

  /// An address of a context or an extern, and so many bytes.
  static Value moved(Value from, std::uint8_t operation, std::uint64_t bytes) {
    constexpr std::uint64_t furthest = std::uint64_t{1} << 29;
    const std::uint64_t distance = static_cast<std::uint64_t>(std::int64_t{distance_of(from.number)});
    const std::uint64_t to = operation == Arithmetic::add ? distance + bytes : distance - bytes;
    if (to + furthest > 2 * furthest) return from.is_context() ? outside : mixed;
    from.number = place_in(index_of(from.number), static_cast<std::int32_t>(static_cast<std::uint32_t>(to)));
    return from;
  }

  static Value arithmetic(const BpfInsn& insn, const State& state, Value immediate) {
    const bool narrow = insn.class_() == BpfInsn::alu;
    Value one = state[insn.dst], other = insn.has_register_operand() ? state[insn.src] : immediate;
    const bool is_move = insn.operation() == Arithmetic::move;
    const bool extends = insn.offset != 0;  // sign-extending moves, signed division
    std::optional<std::uint64_t> result;
    if (is_move && !extends) {
      if (!other.is_constant()) return narrow ? without_place(other) : other;
      result = other.number;
    } else if (one.is_constant() && other.is_constant() && !extends) {
      result = narrow ? compute(insn.operation(), static_cast<std::uint32_t>(one.number),
                                static_cast<std::uint32_t>(other.number), true)
                      : compute(insn.operation(), one.number, other.number, false);
    }
    if (result) return constant(narrow ? static_cast<std::uint32_t>(*result) : *result);
    const bool adds = insn.operation() == Arithmetic::add || insn.operation() == Arithmetic::subtract;
    if (one.is_frame() && other.is_constant() && adds && !narrow) {
      return frame(insn.operation() == Arithmetic::add ? one.number + other.number : one.number - other.number);
    }
    const bool is_place = one.is_context() || one.knowledge == Knowledge::external;
    if (is_place && other.is_constant() && adds && !narrow) return moved(one, insn.operation(), other.number);
    one = one.without_context();
    other = other.without_context();
    const auto is_one_of = [&](const Value& value) { return (one == value && !is_move) || other == value; };
    if ((one.is_on_stack() && !is_move) || other.is_on_stack()) return own;
    if (is_one_of(data)) return data;
    return is_one_of(outside) && !is_one_of(mixed) ? outside : mixed;
  }

  /// What a program gets that loads the address of an extern.
  [[nodiscard]] Value extern_value(std::size_t index) const {
    switch (extern_kind(index)) {
      case BpfExternValue::Kind::content:
        return {.knowledge = Knowledge::external, .number = place_in(index, 0)};
      case BpfExternValue::Kind::null:
        return constant(0);
      case BpfExternValue::Kind::address:
        return nonzero;
      case BpfExternValue::Kind::outside:
        return outside;
      case BpfExternValue::Kind::data:
        break;
    }
    return data;
  }

  [[nodiscard]] Value load_immediate(At at, const BpfInsn& insn, const BpfReference* target) const {
    if (target != nullptr && target->is_changed) return outside;
    if (target != nullptr && target->external) return extern_value(*target->external);
    if (insn.src != 0 || target != nullptr || !contains({at.program, at.insn + 1})) return data;
    if (const auto* number = relocated(at)) return *number ? constant(**number) : mixed;
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

  void call_function(At at, const BpfInsn& insn, State& state, Step& result) const {
    const std::optional<std::size_t> function = called(at, insn);
    pass_stack(state, function || insn.src != 0 ? 0 : insn.imm);
    Value returned = outside;
    if (function) {
      // A global function is verified by itself, for any arguments, and may return anything.
      const bool is_global = code_.programs[*function].is_global;
      State inside = entry_state(outside);
      for (std::size_t i = 1; i <= 5 && !is_global; ++i) inside[i] = state[i].is_on_stack() ? mixed : state[i];
      result.edges.push_back({{*function, 0}, std::move(inside)});
      result.enters = function;
      if (!is_global) {
        result.waits = function;
        if (!returned_[*function]) return;
        returned = *returned_[*function];
        if (returned.is_on_stack()) returned = mixed;  // which is gone
      }
    }
    forget_call(state);
    state[0] = returned;
    result.edges.push_back({{at.program, at.insn + 1}, state});
  }

  void jump(At at, const BpfInsn& insn, Value immediate, State& state, Step& result) const {
    const bool narrow = insn.class_() == BpfInsn::jmp32;
    const auto go = [&](std::int64_t distance) {
      result.edges.push_back({{at.program, at.insn + 1 + distance}, state});
    };
    switch (insn.operation()) {
      case Jump::exit_:
        result.returned = state[0].without_context();
        return;
      case Jump::call:
        return call_function(at, insn, state, result);
      case Jump::always:
        return go(narrow ? insn.imm : insn.offset);
      case Jump::may_goto:  // the verifier looks at both ways
        go(0);
        return go(insn.offset);
      default:
        break;
    }
    const Value one = state[insn.dst].without_context();
    const Value other = insn.has_register_operand() ? state[insn.src].without_context() : immediate;
    std::optional<bool> taken;
    // An address is not 0: of addresses verifiers decide only that.
    if ((one == nonzero || one.knowledge == Knowledge::external) && other == constant(0) && !narrow) {
      if (insn.operation() == Jump::equal) taken = false;
      if (insn.operation() == Jump::not_equal) taken = true;
    }
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
  std::vector<std::vector<Node>> nodes_;  // of each function that is reached
  std::uint32_t insns_ = 0;               // of those
  std::size_t cells_ = 0, work_ = 0;
  bool too_long_ = false;
  std::vector<std::optional<Value>> returned_;  // by each function, when it returns at all
  std::vector<std::set<At>> waiting_;           // calls of each function
  std::vector<At> pending_;
};

}  // namespace

BpfReach::BpfReach(const BpfCode& code, std::span<const Constants> constants, const Options& options)
    : graph_(Walk(code, constants).run(options)) {}

Reach BpfReach::of(std::size_t program, std::uint32_t insn) {
  if (!graph_) return Reach::surely;
  if (insn >= graph_->size[program]) return Reach::never;
  const std::uint32_t node = graph_->first_node[program] + insn;
  if (!graph_->nodes[node].reached) return Reach::never;
  return is_sure(node) ? Reach::surely : Reach::perhaps;
}

namespace {

/// Whether functions can come to their ends without going through places that are closed.
class Passage {
 public:
  Passage(const BpfReach::Graph& graph, std::vector<bool> closed)
      : graph_(graph), closed_(std::move(closed)), passes_(graph.first_node.size()) {
    next_.reserve(graph.edges.size());
    for (const auto& [to, from] : graph.edges) next_.emplace_back(from, to);
    std::ranges::sort(next_);
    // What calls something passes only if that does, which is known when all that it calls has been looked at.
    for (int round = 0; round < max_rounds; ++round) {
      bool changed = false;
      for (std::uint32_t function = 0; function < passes_.size(); ++function) {
        if (passes_[function] || graph_.size[function] == 0 || !can_pass(function)) continue;
        passes_[function] = changed = true;
      }
      if (!changed) return;
    }
    passes_.assign(passes_.size(), true);  // too deep to tell
  }

  [[nodiscard]] bool passes(std::uint32_t function) const { return passes_[function]; }

 private:
  static constexpr int max_rounds = 32;

  [[nodiscard]] bool can_pass(std::uint32_t function) const {
    const std::uint32_t begin = graph_.first_node[function], size = graph_.size[function];
    std::vector<bool> seen(size);
    std::vector<std::uint32_t> pending{begin};
    seen[0] = true;
    while (!pending.empty()) {
      const std::uint32_t node = pending.back();
      pending.pop_back();
      if (closed_[node]) continue;
      const auto entered = graph_.entered.find(node);
      const bool is_call = entered != graph_.entered.end();
      if (graph_.nodes[node].ends) return true;
      auto edge = std::ranges::lower_bound(next_, node, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
      for (; edge != next_.end() && edge->first == node; ++edge) {
        const std::uint32_t to = edge->second;
        if (to < begin || to - begin >= size || seen[to - begin]) continue;
        // From a call to the start of the same function it is the call itself.
        if (is_call && to == graph_.first_node[entered->second]) continue;
        if (is_call && !passes_[entered->second]) continue;
        seen[to - begin] = true;
        pending.push_back(to);
      }
    }
    return false;
  }

  const BpfReach::Graph& graph_;
  std::vector<bool> closed_;  // by node
  std::vector<bool> passes_;  // by function
  std::vector<std::pair<std::uint32_t, std::uint32_t>> next_;
};

}  // namespace

std::vector<std::size_t> BpfReach::surely_meeting(std::span<const BpfPlace> places) const {
  if (!graph_) return {};
  std::vector<bool> closed(graph_->nodes.size());
  bool any = false;
  for (const BpfPlace& place : places) {
    if (place.insn >= graph_->size[place.program]) continue;
    const std::uint32_t node = graph_->first_node[place.program] + place.insn;
    closed[node] = graph_->nodes[node].reached;
    any = any || closed[node];
  }
  if (!any) return {};
  const Passage passage(*graph_, std::move(closed));
  std::vector<std::size_t> meeting;
  for (std::uint32_t i = 0; i < graph_->size.size(); ++i) {
    if (graph_->size[i] != 0 && graph_->nodes[graph_->first_node[i]].entry && !passage.passes(i)) meeting.push_back(i);
  }
  return meeting;
}

std::vector<ContextRead> BpfReach::context_reads() const {
  return graph_ ? graph_->reads : std::vector<ContextRead>();
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
