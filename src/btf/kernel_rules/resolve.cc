// Types as a graph. The kernel resolves them with a stack of limited depth, in an order and with shortcuts that decide
// which of several faults it meets first; the machine here goes the same way.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "btf/kernel_rules/names.h"
#include "btf/kernel_rules/passes.h"

namespace btfx {

namespace {

constexpr std::uint32_t deepest = 32;

/// TYPEDEF counts among the modifiers here, as in the kernel.
bool is_link(Kind kind) {
  return is_modifier(kind) || kind == Kind::typedef_;
}
bool needs_resolving(Kind kind) {
  return is_link(kind) || is_composite(kind) || kind == Kind::ptr || kind == Kind::array || kind == Kind::var ||
         kind == Kind::func || kind == Kind::decl_tag || kind == Kind::datasec;
}
/// Kinds that nothing else may refer to (but DATASEC to VAR, and DECL_TAG to VAR).
bool is_source_only(Kind kind) {
  return kind == Kind::var || kind == Kind::decl_tag || kind == Kind::datasec;
}
bool has_no_size(Kind kind) {
  return kind == Kind::unkn || kind == Kind::fwd || kind == Kind::func || kind == Kind::func_proto ||
         kind == Kind::decl_tag;
}
bool has_size_word(Kind kind) {
  return kind_info(kind).size_or_type == SizeOrType::size;
}

struct Int {
  explicit Int(const RawRecord& record)
      : bits(record.payload()[0] & 0xff), bit_offset(record.payload()[0] >> 16 & 0xff) {}
  std::uint32_t bits, bit_offset;

  [[nodiscard]] bool is_regular() const {
    return bit_offset == 0 && (bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128);
  }
};

constexpr std::uint64_t bytes_of(std::uint64_t bits) {
  return (bits + 7) / 8;
}

class RecordResolver {
 public:
  RecordResolver(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report)
      : subject_(subject), kernel_(options.kernel), report_(report), types_(subject.end_id()) {
    for (std::uint32_t id = 1; id < types_.size(); ++id) {
      if (report.is_faulty(id)) types_[id].state = State::bad;
    }
  }

  bool run() {
    for (std::uint32_t id = 1; id < subject_.end_id(); ++id) {
      const RawRecord record = *subject_.record(id);
      if (types_[id].state == State::bad) continue;
      if (needs_resolving(record.kind()) && types_[id].state != State::resolved) resolve(record);
      if (report_.goes_on() && record.kind() == Kind::func_proto) check_func_proto(record);
      if (!report_.goes_on()) return false;
    }
    return true;
  }

 private:
  enum class State : std::uint8_t {
    untouched,
    on_stack,
    resolved,
    bad,  ///< has a finding, or rests on a type that has one
  };
  /// What the kernel keeps for each id. For an array the resolved id is the element's, and the size the whole.
  struct Type {
    std::uint32_t resolved_id = 0, resolved_size = 0;
    State state = State::untouched;
  };
  struct Vertex {
    RawRecord record;
    std::uint32_t next = 0;  ///< the element to go on with
    bool returning = false;  ///< the member before `next` was pushed, and is still to be checked
  };
  enum class Mode { undecided, pointer, aggregate };
  enum class Step {
    fine,    ///< pushed or popped something
    failed,  ///< said why
    too_deep,
    loop,
    spoilt,  ///< met a type that was bad before
  };
  struct Sized {
    RawRecord record;
    std::uint32_t size;
  };

  // The stack machine.

  bool resolve(const RawRecord& start) {
    mode_ = Mode::undecided;
    Step step = push(start);
    while (step == Step::fine && depth_ > 0) step = step_of(stack_[depth_ - 1]);
    if (step == Step::too_deep) report_.type(start, BtfRule::resolve_depth);
    if (step == Step::loop) report_.type(start, BtfRule::resolve_loop);
    for (; depth_ > 0; --depth_) types_[stack_[depth_ - 1].record.id].state = State::bad;
    if (step != Step::fine) return false;
    if (is_consistent(start)) return true;
    types_[start.id].state = State::bad;
    return report_.type(start, BtfRule::resolve_state);
  }

  Step push(const RawRecord& record) {
    if (depth_ == deepest) return Step::too_deep;
    if (types_[record.id].state != State::untouched) return Step::loop;
    types_[record.id].state = State::on_stack;
    stack_[depth_++] = {record};
    if (mode_ == Mode::undecided) {
      if (record.kind() == Kind::ptr) mode_ = Mode::pointer;
      if (is_composite(record.kind()) || record.kind() == Kind::array) mode_ = Mode::aggregate;
    }
    return Step::fine;
  }

  Step pop(std::uint32_t resolved_id, std::uint32_t resolved_size) {
    types_[stack_[--depth_].record.id] = {resolved_id, resolved_size, State::resolved};
    return Step::fine;
  }

  Step step_of(Vertex& top) {
    switch (top.record.kind()) {
      case Kind::array:
        return array(top);
      case Kind::struct_:
      case Kind::union_:
        return composite(top);
      case Kind::datasec:
        return datasec(top);
      case Kind::func:
        return func(top);
      case Kind::decl_tag:
        return decl_tag(top);
      default:  // pointers, modifiers, TYPEDEF, VAR
        return reference(top);
    }
  }

  /// Whether resolving ends at a type: in pointer mode at what is held by value, otherwise at pointers. This is why a
  /// struct may point to itself, but not contain itself.
  [[nodiscard]] bool is_sink(Kind kind) const {
    switch (mode_) {
      case Mode::pointer:
        return !is_link(kind) && kind != Kind::ptr;
      case Mode::aggregate:
        return !is_link(kind) && kind != Kind::array && !is_composite(kind);
      default:
        return !needs_resolving(kind);
    }
  }
  [[nodiscard]] bool is_resolved(const RawRecord& record) const { return types_[record.id].state == State::resolved; }
  [[nodiscard]] bool is_bad(const std::optional<RawRecord>& record) const {
    return record && types_[record->id].state == State::bad;
  }
  [[nodiscard]] bool needs_push(const RawRecord& record) const {
    return !is_sink(record.kind()) && !is_resolved(record);
  }
  [[nodiscard]] std::optional<RawRecord> resolution(const RawRecord& record) const {
    return subject_.record(types_[record.id].resolved_id);
  }

  /// The type with a size that `record` is or resolves to, and that size; nothing when it has none.
  [[nodiscard]] std::optional<Sized> sized(std::optional<RawRecord> record) const {
    const auto is_resolved_kind = [](Kind kind) { return is_link(kind) || kind == Kind::var; };
    if (record && is_resolved_kind(record->kind())) record = resolution(*record);
    if (!record || has_no_size(record->kind()) || is_resolved_kind(record->kind())) return std::nullopt;
    if (has_size_word(record->kind())) return Sized{*record, record->size_or_type()};
    if (record->kind() == Kind::ptr) return Sized{*record, kernel_.pointer_size};
    return Sized{*record, types_[record->id].resolved_size};
  }

  Step fails(const Vertex& top, BtfRule rule) {
    report_.type(top.record, rule);
    return Step::failed;
  }

  /// Modifiers, TYPEDEF, PTR and VAR.
  Step reference(const Vertex& top) {
    const Kind kind = top.record.kind();
    const std::optional<RawRecord> target = subject_.record(top.record.size_or_type());
    if (is_bad(target)) return Step::spoilt;
    if (!target || is_source_only(target->kind())) return fails(top, BtfRule::target);
    if (needs_push(*target)) return push(*target);
    if (!is_link(kind) && is_link(target->kind())) {
      // Resolved in aggregate mode, a modifier ends at a pointer, which may yet lead back here.
      const std::optional<RawRecord> end = resolution(*target);
      if (is_bad(end)) return Step::spoilt;
      if (end && end->kind() == Kind::ptr && needs_push(*end)) return push(*end);
    }
    if (const std::optional<Sized> result = sized(target)) return pop(result->record.id, 0);
    if (kind == Kind::var) return fails(top, BtfRule::target);
    const std::optional<RawRecord> end = is_resolved(*target) ? resolution(*target) : target;
    const bool may_lack_size =
        end && (end->kind() == Kind::unkn || end->kind() == Kind::fwd || end->kind() == Kind::func_proto);
    return may_lack_size ? pop(end->id, 0) : fails(top, BtfRule::target);
  }

  Step array(const Vertex& top) {
    const std::uint32_t* words = top.record.payload();
    const std::optional<RawRecord> index = subject_.record(words[1]), element = subject_.record(words[0]);
    const auto is_unfit = [](const std::optional<RawRecord>& record) {
      return !record || has_no_size(record->kind()) || is_source_only(record->kind());
    };
    if (is_bad(index)) return Step::spoilt;
    if (is_unfit(index)) return fails(top, BtfRule::array_index);
    if (needs_push(*index)) return push(*index);
    const std::optional<Sized> index_type = sized(index);
    if (!index_type || index_type->record.kind() != Kind::int_ || !Int(index_type->record).is_regular()) {
      return fails(top, BtfRule::array_index);
    }
    if (is_bad(element)) return Step::spoilt;
    if (is_unfit(element)) return fails(top, BtfRule::array_element);
    if (needs_push(*element)) return push(*element);
    const std::optional<Sized> element_type = sized(element);
    if (!element_type) return fails(top, BtfRule::array_element);
    if (element_type->record.kind() == Kind::int_ && !Int(element_type->record).is_regular()) {
      return fails(top, BtfRule::element_int);
    }
    const std::uint64_t size = std::uint64_t{element_type->size} * words[2];
    if (size > 0xffffffff) return fails(top, BtfRule::array_overflow);
    return pop(element_type->record.id, static_cast<std::uint32_t>(size));
  }

  Step composite(Vertex& top) {
    if (top.returning) {
      top.returning = false;
      const std::uint32_t* member = top.record.element(top.next - 1);
      if (!check_member(top.record, member, *subject_.record(member[1]))) return Step::failed;
    }
    for (const std::uint32_t n = top.record.info_word().vlen(); top.next < n; ++top.next) {
      const std::uint32_t* member = top.record.element(top.next);
      const std::optional<RawRecord> type = subject_.record(member[1]);
      if (is_bad(type)) return Step::spoilt;
      if (!type || has_no_size(type->kind()) || is_source_only(type->kind())) {
        report_.member(top.record, member, member[1], BtfRule::member_kind);
        return Step::failed;
      }
      if (needs_push(*type)) {
        ++top.next;
        top.returning = true;
        return push(*type);
      }
      if (!check_member(top.record, member, *type)) return Step::failed;
    }
    return pop(0, 0);
  }

  Step datasec(Vertex& top) {
    mode_ = Mode::undecided;
    for (const std::uint32_t n = top.record.info_word().vlen(); top.next < n; ++top.next) {
      const std::uint32_t* entry = top.record.element(top.next);
      const std::optional<RawRecord> var = subject_.record(entry[0]);
      const auto fails_entry = [&](BtfRule rule) {
        report_.entry(top.record, entry, rule);
        return Step::failed;
      };
      if (is_bad(var)) return Step::spoilt;
      if (!var || var->kind() != Kind::var) return fails_entry(BtfRule::entry_not_var);
      if (needs_push(*var)) {
        ++top.next;  // the kernel never looks at the size of this entry again
        return push(*var);
      }
      const std::optional<Sized> type = sized(subject_.record(var->size_or_type()));
      if (!type) return fails_entry(BtfRule::entry_target);
      if (entry[2] < type->size) return fails_entry(BtfRule::entry_too_small);
    }
    return pop(0, 0);
  }

  Step func(const Vertex& top) {
    const std::optional<RawRecord> proto = subject_.record(top.record.size_or_type());
    if (is_bad(proto)) return Step::spoilt;
    if (!proto || proto->kind() != Kind::func_proto) return fails(top, BtfRule::target);
    if (const std::uint32_t argument = nameless_argument(*proto); argument != 0) {
      report_.type(top.record, BtfRule::argument, argument);
      return Step::failed;
    }
    return pop(proto->id, 0);
  }

  Step decl_tag(const Vertex& top) {
    const std::optional<RawRecord> target = subject_.record(top.record.size_or_type());
    if (is_bad(target)) return Step::spoilt;
    const Kind kind = target ? target->kind() : Kind::unkn;
    const bool is_data = kind == Kind::var || kind == Kind::typedef_;
    if (!is_data && kind != Kind::func && !is_composite(kind)) return fails(top, BtfRule::target);
    if (needs_push(*target)) return push(*target);
    if (const std::uint32_t component = top.record.payload()[0]; component != 0xffffffff) {
      const RawRecord parts = kind == Kind::func ? *resolution(*target) : *target;
      if (is_data || component >= parts.info_word().vlen()) return fails(top, BtfRule::component);
    }
    return pop(target->id, 0);
  }

  /// Whether the result of resolve() for its first type is consistent.
  [[nodiscard]] bool is_consistent(const RawRecord& record) const {
    const Type& type = types_[record.id];
    switch (record.kind()) {
      case Kind::struct_:
      case Kind::union_:
      case Kind::datasec:
        return type.resolved_id == 0 && type.resolved_size == 0;
      case Kind::func:
      case Kind::decl_tag:
        return type.resolved_id != 0 && type.resolved_size == 0;
      case Kind::array: {
        const std::optional<Sized> element = sized(subject_.record(record.payload()[0]));
        return element && element->size * record.payload()[2] == type.resolved_size;
      }
      default: {
        const std::optional<RawRecord> end = resolution(record);
        return end && !is_link(end->kind()) && end->kind() != Kind::var && end->kind() != Kind::datasec;
      }
    }
  }

  // Prototypes.

  /// The number, from 1, of the first parameter that has a type and no name; 0 when there is none. Remembered, because
  /// any number of functions may share a prototype.
  std::uint32_t nameless_argument(const RawRecord& proto) {
    const auto [known, is_new] = nameless_arguments_.try_emplace(proto.id, 0);
    for (std::uint32_t i = 0, n = proto.info_word().vlen(); is_new && i < n; ++i) {
      const std::uint32_t* param = proto.element(i);
      if (param[0] != 0 || param[1] == 0) continue;
      known->second = i + 1;
      break;
    }
    return known->second;
  }

  enum class Passing { fit, unfit, spoilt };

  /// Whether a type may be passed or returned; resolves it if that was not done yet.
  Passing passes(const std::optional<RawRecord>& type) {
    if (!type || is_source_only(type->kind())) return Passing::unfit;
    if (is_bad(type)) return Passing::spoilt;
    if (needs_resolving(type->kind()) && !is_resolved(*type) && !resolve(*type)) return Passing::spoilt;
    return sized(type) ? Passing::fit : Passing::unfit;
  }

  [[nodiscard]] bool is_name(std::uint32_t offset) const {
    return is_name_offset(subject_, offset) && is_identifier(subject_, offset, kernel_.identifier_limit);
  }

  void check_func_proto(const RawRecord& record) {
    if (record.size_or_type() != 0) {
      const Passing use = passes(subject_.record(record.size_or_type()));
      if (use == Passing::unfit) report_.type(record, BtfRule::return_type);
      if (use != Passing::fit) return spoil(record);
    }
    std::uint32_t count = record.info_word().vlen();
    const auto fails = [&](std::uint32_t number) {
      report_.type(record, BtfRule::argument, number);
      spoil(record);
    };
    if (count > 0 && record.element(count - 1)[1] == 0) {
      if (record.element(count - 1)[0] != 0) return fails(count);
      --count;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t* param = record.element(i);
      const std::optional<RawRecord> type = subject_.record(param[1]);
      if (!type || is_source_only(type->kind())) return fails(i + 1);
      if (param[0] != 0 && !is_name(param[0])) return fails(i + 1);
      const Passing use = passes(type);
      if (use == Passing::unfit) return fails(i + 1);
      if (use == Passing::spoilt) return spoil(record);
    }
  }
  void spoil(const RawRecord& record) { types_[record.id].state = State::bad; }

  // Members against their struct.

  bool check_member(const RawRecord& composite, const std::uint32_t* member, const RawRecord& type) {
    if (is_bad(type)) return false;
    std::optional<RawRecord> end = type;
    if (is_link(type.kind())) {
      const std::optional<Sized> result = sized(type);
      if (!result) return report_.member(composite, member, member[1], BtfRule::member_kind);
      end = result->record;
    }
    const bool kind_flag = composite.info_word().kind_flag();
    const MemberPlace place(member[2], kind_flag);
    const std::optional<BtfRule> broken = kind_flag ? bitfield_rule(composite.size_or_type(), place, *end)
                                                    : plain_rule(composite.size_or_type(), place.bit_offset, *end);
    return !broken || report_.member(composite, member, end->id, *broken);
  }

  /// The rule that a member at `bit_offset` of a struct of `struct_size` bytes breaks, if any.
  [[nodiscard]] std::optional<BtfRule> plain_rule(std::uint32_t struct_size, std::uint32_t bit_offset,
                                                  const RawRecord& type) const {
    const std::uint32_t size = sized(type)->size;
    if (type.kind() == Kind::int_) {
      const Int word(type);
      const std::uint64_t start = std::uint64_t{bit_offset} + word.bit_offset;
      if (start > 0xffffffff) return BtfRule::member_overflow;
      return bits_rule(struct_size, start, word.bits);
    }
    if (type.kind() == Kind::float_) {
      if (bit_offset % (8 * std::min(kernel_.pointer_size, size)) != 0) return BtfRule::float_unaligned;
    } else if (bit_offset % 8 != 0) {
      return BtfRule::member_unaligned;
    }
    if (std::uint64_t{bit_offset} / 8 + size > struct_size) return BtfRule::member_end;
    return std::nullopt;
  }

  [[nodiscard]] std::optional<BtfRule> bitfield_rule(std::uint32_t struct_size, MemberPlace place,
                                                     const RawRecord& type) const {
    if (type.kind() == Kind::int_) {
      const Int word(type);
      if (!word.is_regular()) return BtfRule::bitfield_base;
      if (place.bitfield_size == 0 && place.bit_offset % 8 != 0) return BtfRule::bitfield_offset;
      if (place.bitfield_size > word.bits) return BtfRule::bitfield_size;
      return bits_rule(struct_size, place.bit_offset, place.bitfield_size == 0 ? word.bits : place.bitfield_size);
    }
    if (is_enum(type.kind())) {
      constexpr std::uint32_t enum_bits = 32;  // whatever the enum's size
      if (place.bitfield_size == 0 && place.bit_offset % 8 != 0) return BtfRule::member_unaligned;
      if (place.bitfield_size > enum_bits) return BtfRule::bitfield_size;
      const std::uint32_t bits = place.bitfield_size == 0 ? enum_bits : place.bitfield_size;
      if (bytes_of(std::uint64_t{place.bit_offset} + bits) > struct_size) return BtfRule::member_end;
      return std::nullopt;
    }
    if (place.bitfield_size != 0) return BtfRule::bitfield_size;
    return plain_rule(struct_size, place.bit_offset, type);
  }

  /// For `bits` bits from bit `start` on, which are copied by whole bytes.
  [[nodiscard]] static std::optional<BtfRule> bits_rule(std::uint32_t struct_size, std::uint64_t start,
                                                        std::uint32_t bits) {
    const std::uint64_t copied = bits + start % 8;
    if (copied > 128) return BtfRule::member_bits;
    if (start / 8 + bytes_of(copied) > struct_size) return BtfRule::member_end;
    return std::nullopt;
  }

  const JudgedBtf& subject_;
  const KernelRules& kernel_;
  KernelReport& report_;
  std::vector<Type> types_;
  std::array<Vertex, deepest> stack_{};
  std::uint32_t depth_ = 0;
  Mode mode_ = Mode::undecided;
  std::unordered_map<std::uint32_t, std::uint32_t> nameless_arguments_;
};

}  // namespace

bool resolve_types(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report) {
  report.begin_resolving();
  return RecordResolver(subject, options, report).run();
}

}  // namespace btfx
