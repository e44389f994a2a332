// The last pass of bpf(BPF_BTF_LOAD): structs with fields that the kernel knows by name (locks, list heads and nodes,
// tree roots and nodes, reference counts) or by the tag of a pointer. Source: btf_parse_struct_metas() and what it
// calls, from 6.2 on; the log says nothing about any of it. What is said of versions was compared with the sources of
// 6.1.192 and 6.12.117, the BTF of 6.12.107 to 6.12.117, and a running 6.18.44.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/kernel_rules/passes.h"

namespace btfx {

namespace {

constexpr unsigned deepest = 32;           // structs in structs, and arrays of arrays
constexpr std::size_t longest_name = 513;  // one more than an identifier may have
constexpr std::size_t longest_tag = 2048;  // "contains:STRUCT:MEMBER" and then some

enum class Field : std::uint32_t {
  spin_lock = 1U << 0,
  res_spin_lock = 1U << 1,
  list_head = 1U << 2,
  list_node = 1U << 3,
  rb_root = 1U << 4,
  rb_node = 1U << 5,
  refcount = 1U << 6,
  pointer = 1U << 7,
};
constexpr std::uint32_t operator|(Field a, Field b) {
  return static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b);
}
constexpr std::uint32_t roots = Field::list_head | Field::rb_root, nodes = Field::list_node | Field::rb_node,
                        locks = Field::spin_lock | Field::res_spin_lock;
constexpr bool is_one_of(Field field, std::uint32_t set) {
  return (static_cast<std::uint32_t>(field) & set) != 0;
}

struct Known {
  Field field;
  std::string_view name;
  std::uint32_t size, alignment;
  bool is_unique;       // a struct has one at most
  bool is_looked_for;   // a struct that holds this one is looked at because of it
  std::uint32_t since;  // the first version that looks for it here
};
constexpr std::array known{
    Known{Field::spin_lock, "bpf_spin_lock", 4, 4, true, true, kernel_version(6, 2)},
    Known{Field::res_spin_lock, "bpf_res_spin_lock", 4, 4, true, false, kernel_version(6, 15)},
    Known{Field::list_head, "bpf_list_head", 16, 8, false, true, kernel_version(6, 2)},
    Known{Field::list_node, "bpf_list_node", 24, 8, false, true, kernel_version(6, 2)},
    Known{Field::rb_root, "bpf_rb_root", 16, 8, false, true, kernel_version(6, 3)},
    Known{Field::rb_node, "bpf_rb_node", 32, 8, false, true, kernel_version(6, 3)},
    Known{Field::refcount, "bpf_refcount", 4, 4, false, true, kernel_version(6, 4)},
};

/// A field that was found: where, counted from the start of the struct that is looked at.
struct Found {
  Field field;
  std::uint64_t offset;
  std::uint32_t size;
  std::uint32_t target = 0;         // of a root the struct of its elements; of a pointer that takes hold, its struct
  std::string_view node_name = {};  // of a root: the member of its elements
  bool is_held = false;             // a pointer tagged `kptr`
  bool owns = false;                // a root, or a pointer whose target goes away with it
};
using Fields = std::vector<Found>;
using Fault = std::optional<BtfRule>;

class SpecialFields {
 public:
  SpecialFields(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report)
      : subject_(subject), report_(report), kernel_(options.kernel), version_(options.kernel.version) {
    for (const Known& one : known) {
      if (version_ >= one.since) known_.push_back(one);
    }
    // Until an owner was written into them, nodes were a pointer shorter.
    for (Known& one : known_) {
      if (version_ < kernel_version(6, 6) && is_one_of(one.field, nodes)) one.size -= 8;
    }
  }

  bool check() {
    if (version_ < kernel_version(6, 2)) return true;
    find_candidates();
    for (const std::uint32_t id : find_structs()) {
      Record record;
      if (const Fault fault = parse(*subject_.record(id), record.fields)) {
        if (!fail(*fault, id)) return false;
        continue;
      }
      for (const Found& field : record.fields) record.mask |= static_cast<std::uint32_t>(field.field);
      records_.emplace_back(id, std::move(record));
      places_.emplace(id, records_.size() - 1);
    }
    for (const auto& [id, record] : records_) {
      if (const Fault fault = check_owners(record); fault && !fail(*fault, id)) return false;
    }
    return !kernel_.ownership_depth || check_depth();
  }

 private:
  struct Record {
    Fields fields;
    std::uint32_t mask = 0;
    unsigned depth = 0;  // how many structs, this one included, own each other below it; 0 when not known
  };
  /// What is found in a struct that others hold, counted from its own start.
  struct Inside {
    Fields fields;  // up to the fault
    Fault fault = {};
    std::uint32_t seen = 0;  // which fields that may be there once were met, around it or in it
    unsigned height = 0;     // how many structs are within each other in it
    unsigned level = 0;      // how many were around it when it was looked at
  };
  /// The members of a struct by name; null where several have one.
  using Members = std::unordered_map<std::string_view, const std::uint32_t*>;

  [[nodiscard]] std::string_view name_of(const RawRecord& record) const {
    return subject_.string(record.name(), longest_name);
  }
  bool fail(BtfRule rule, std::uint32_t id) {
    report_.plain(rule, TypeId{id});
    return report_.goes_on();
  }

  /// The types that make a struct one to look at, when they are the type of a member itself.
  void find_candidates() {
    for (std::uint32_t id = subject_.first_id(); id < subject_.end_id(); ++id) {
      const RawRecord record = *subject_.record(id);
      if (record.kind() == Kind::struct_) {
        // Of structs with the same name, the first counts.
        const bool is_first = structs_.emplace(name_of(record), id).second;
        const auto looked_for = [&](const Known& one) { return one.is_looked_for && one.name == name_of(record); };
        if (is_first && std::ranges::any_of(known_, looked_for)) candidates_.insert(id);
      } else if (record.kind() == Kind::decl_tag) {
        const std::string_view text = subject_.string(record.name(), longest_tag);
        if (!text.starts_with(contains)) continue;
        const auto [tag, is_new] = tags_.emplace(tag_key(record.size_or_type(), record.payload()[0]), text);
        if (!is_new) tag->second = {};  // there must be one
      } else if (version_ >= kernel_version(6, 12)) {
        Fields fields;
        if (!find_pointer(record, 0, fields) && !fields.empty()) candidates_.insert(id);
      }
    }
  }

  [[nodiscard]] std::vector<std::uint32_t> find_structs() const {
    std::vector<std::uint32_t> found;
    if (candidates_.empty()) return found;
    for (std::uint32_t id = subject_.first_id(); id < subject_.end_id(); ++id) {
      const RawRecord record = *subject_.record(id);
      if (record.kind() != Kind::struct_) continue;
      for (std::uint32_t i = 0; i < record.info_word().vlen(); ++i) {
        if (!candidates_.contains(record.element(i)[1])) continue;
        found.push_back(id);
        break;
      }
    }
    return found;
  }

  [[nodiscard]] std::size_t most_fields() const { return version_ < kernel_version(6, 4) ? 10 : 11; }
  [[nodiscard]] bool looks_inside() const { return version_ >= kernel_version(6, 11); }

  /// What is found in the struct, in the order of its members, and whether it fits together.
  Fault parse(const RawRecord& record, Fields& fields) {
    unsigned height = 0;
    std::uint32_t seen = 0;
    if (const Fault fault = find_fields(record, 0, seen, fields, height)) return fault;
    if (fields.empty()) return BtfRule::special_none;
    std::uint64_t end = 0;
    std::uint32_t mask = 0;
    for (const Found& field : fields) {
      if (field.offset < end) return BtfRule::special_overlap;
      end = field.offset + field.size;
      mask |= static_cast<std::uint32_t>(field.field);
      if (field.is_held) report_.plain(BtfRule::special_fields, TypeId{field.target});
      if (!is_one_of(field.field, roots)) continue;
      if (const Fault fault = check_root(field)) return fault;
    }
    if ((mask & locks) == locks) return BtfRule::special_locks;
    if ((mask & roots) != 0 && (mask & locks) == 0) return BtfRule::special_lock;
    const bool is_counted = (mask & static_cast<std::uint32_t>(Field::refcount)) != 0;
    if ((mask & nodes) == nodes && !is_counted) return BtfRule::special_refcount;
    return std::nullopt;
  }

  /// `level` structs are around this one, with the fields `seen` that may be there once; `height` becomes how many are
  /// within each other in it.
  Fault find_fields(const RawRecord& record, unsigned level, std::uint32_t& seen, Fields& fields, unsigned& height) {
    for (std::uint32_t i = 0; i < record.info_word().vlen(); ++i) {
      const MemberPlace place(record.element(i)[2], record.info_word().kind_flag());
      if (const Fault fault = find_field(record, i, place.bit_offset, level, seen, fields, height)) return fault;
    }
    return std::nullopt;
  }

  Fault find_field(const RawRecord& owner, std::uint32_t index, std::uint32_t bit_offset, unsigned level,
                   std::uint32_t& seen, Fields& fields, unsigned& height) {
    if (looks_inside() && bit_offset % 8 != 0) return BtfRule::special_bit_offset;
    std::uint32_t count = 1;
    RawRecord type = *subject_.record(owner.element(index)[1]);
    if (looks_inside()) {
      unsigned arrays = 0;
      for (; arrays < deepest && type.kind() == Kind::array; ++arrays) {
        count *= type.payload()[2];
        type = *subject_.record(type.payload()[0]);
      }
      if (arrays == deepest) return BtfRule::special_depth;
      if (count == 0) return std::nullopt;
    }

    const std::string_view name = name_of(type);
    const auto one = std::ranges::find(known_, name, &Known::name);
    if (one == known_.end()) {
      if (type.kind() == Kind::struct_) {
        if (!looks_inside()) return std::nullopt;
        return find_inside(type, bit_offset / 8, count, level, seen, fields, height);
      }
      if (version_ < kernel_version(6, 12) || bit_offset % 64 != 0) return std::nullopt;
      const std::size_t before = fields.size();
      const Fault fault = find_pointer(type, bit_offset / 8, fields);
      return fault || fields.size() == before ? fault : repeat(fields, before, count, 8);
    }
    if (one->is_unique) {
      if (is_one_of(one->field, seen)) return BtfRule::special_twice;
      seen |= static_cast<std::uint32_t>(one->field);
    }
    if (bit_offset % 8 != 0) return BtfRule::special_bit_offset;
    if (bit_offset / 8 % one->alignment != 0) return std::nullopt;
    if (type.kind() != Kind::struct_ || type.size_or_type() != one->size) return std::nullopt;
    Found found{one->field, bit_offset / 8, one->size};
    if (is_one_of(one->field, roots)) {
      if (const Fault fault = find_elements(owner.id, index, found)) return fault;
    }
    fields.push_back(found);
    return repeat(fields, fields.size() - 1, count, one->size);
  }

  /// A struct in a struct.
  Fault find_inside(const RawRecord& type, std::uint32_t offset, std::uint32_t count, unsigned level,
                    std::uint32_t& seen, Fields& fields, unsigned& height) {
    if (level + 1 >= deepest) return BtfRule::special_depth;
    const Inside& inside = look_inside(type, level + 1, kernel_.nested_locks_count ? seen : 0);
    if (kernel_.nested_locks_count) seen = inside.seen;
    height = std::max(height, inside.height + 1);
    if (level + 1 + inside.height >= deepest) return BtfRule::special_depth;
    const std::size_t before = fields.size();
    for (Found found : inside.fields) {
      found.offset += offset;
      fields.push_back(found);
    }
    if (fields.size() > most_fields()) return BtfRule::special_count;
    if (inside.fault || fields.size() == before) return inside.fault;
    return repeat(fields, before, count, type.size_or_type());
  }

  /// Looks at each struct once for all that is the same around it, however many others hold it: what is nested in two
  /// ways at each level would else take a time that doubles with each.
  const Inside& look_inside(const RawRecord& type, unsigned level, std::uint32_t seen) {
    const std::uint64_t key = std::uint64_t{type.id} << 32 | seen;
    const auto met = inside_.find(key);
    // What is too deep in many structs may not be so in fewer.
    if (met != inside_.end() && (met->second.fault != BtfRule::special_depth || level >= met->second.level)) {
      return met->second;
    }
    Inside inside{.fields = {}, .seen = seen, .level = level};
    inside.fault = find_fields(type, level, inside.seen, inside.fields, inside.height);
    return inside_.insert_or_assign(key, std::move(inside)).first->second;
  }

  /// The fields from `first` on are those of one element of an array of `count`.
  Fault repeat(Fields& fields, std::size_t first, std::uint32_t count, std::uint32_t element_size) const {
    const std::size_t once = fields.size() - first;
    // The very first field may already be one too many.
    if (fields.size() > most_fields()) return BtfRule::special_count;
    if (count == 1) return std::nullopt;
    constexpr std::uint32_t repeatable = roots | static_cast<std::uint32_t>(Field::pointer);
    const auto may_repeat = [](const Found& field) { return is_one_of(field.field, repeatable); };
    if (!std::all_of(fields.begin() + static_cast<std::ptrdiff_t>(first), fields.end(), may_repeat)) {
      return BtfRule::special_repeat;
    }
    if (first + std::uint64_t{once} * count > most_fields()) return BtfRule::special_count;
    for (std::uint32_t i = 1; i < count; ++i) {
      for (std::size_t j = 0; j < once; ++j) {
        Found again = fields[first + j];
        again.offset += std::uint64_t{element_size} * i;
        fields.push_back(again);
      }
    }
    return std::nullopt;
  }

  /// Adds a pointer (itself perhaps volatile) whose tag says that a map or object holds what it points to.
  Fault find_pointer(RawRecord type, std::uint32_t offset, Fields& fields) {
    if (type.kind() == Kind::volatile_) type = *subject_.record(type.size_or_type());
    if (type.kind() != Kind::ptr) return std::nullopt;
    const RawRecord tag = *subject_.record(type.size_or_type());
    if (tag.kind() != Kind::type_tag || tag.info_word().kind_flag()) return std::nullopt;
    const RawRecord tagged = *subject_.record(tag.size_or_type());
    if (tagged.kind() == Kind::type_tag) return BtfRule::special_pointer;
    const std::string_view text = subject_.string(tag.name(), longest_name);
    if (text == "uptr" && version_ >= kernel_version(6, 13)) return std::nullopt;
    if (text != "kptr" && text != "kptr_untrusted" && text != "percpu_kptr") return BtfRule::special_pointer;
    const RawRecord target = skip_modifiers(tagged);
    if (target.kind() != Kind::struct_) return BtfRule::special_pointer;
    fields.push_back({Field::pointer, offset, 8, target.id, {}, text == "kptr", text != "kptr_untrusted"});
    return std::nullopt;
  }

  /// Where a chain of modifiers and typedefs ends. Many pointers may share a long one.
  RawRecord skip_modifiers(RawRecord type) {
    std::vector<std::uint32_t> passed;
    while (is_modifier(type.kind()) || type.kind() == Kind::typedef_) {
      const auto end = chain_ends_.find(type.id);
      if (end == chain_ends_.end()) passed.push_back(type.id);
      type = *subject_.record(end == chain_ends_.end() ? type.size_or_type() : end->second);
    }
    for (const std::uint32_t id : passed) chain_ends_.emplace(id, type.id);
    return type;
  }

  /// What a list or tree holds, as the tag `contains:STRUCT:MEMBER` on the member says.
  Fault find_elements(std::uint32_t owner, std::uint32_t index, Found& root) const {
    const auto tag = tags_.find(tag_key(owner, index));
    if (tag == tags_.end() || tag->second.empty()) return BtfRule::special_root;
    const std::string_view value = tag->second.substr(contains.size());
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos) return BtfRule::special_root;
    const auto target = structs_.find(value.substr(0, colon));
    if (target == structs_.end()) return BtfRule::special_element;
    root.target = target->second;
    root.owns = true;
    root.node_name = value.substr(colon + 1);
    return root.node_name.empty() ? Fault(BtfRule::special_root) : std::nullopt;
  }

  /// The member that a root names must be a node of its sort.
  [[nodiscard]] Fault check_root(const Found& root) {
    const Members& members = members_of(*subject_.record(root.target));
    const auto found = members.find(root.node_name);
    if (found == members.end()) return BtfRule::special_element;
    if (found->second == nullptr) return BtfRule::special_node;
    const std::uint32_t* member = found->second;
    const std::string_view wanted = root.field == Field::list_head ? "bpf_list_node" : "bpf_rb_node";
    const RawRecord node = *subject_.record(member[1]);
    if (node.kind() != Kind::struct_ || name_of(node) != wanted) return BtfRule::special_node;
    // The kernel reads the offset by the kind_flag of the node, not of the struct that the member is of.
    return MemberPlace(member[2], node.info_word().kind_flag()).bit_offset % 64 != 0 ? Fault(BtfRule::special_node)
                                                                                     : std::nullopt;
  }

  const Members& members_of(const RawRecord& element) {
    const auto [entry, is_new] = members_.try_emplace(element.id);
    for (std::uint32_t i = 0; is_new && i < element.info_word().vlen(); ++i) {
      const std::uint32_t* member = element.element(i);
      const auto [place, is_first] = entry->second.emplace(subject_.string(member[0], longest_name), member);
      if (!is_first) place->second = nullptr;
    }
    return entry->second;
  }

  /// What a list or tree holds must have special fields of its own; and, before owners were followed, what is in one
  /// and has one may only hold what has none, so that there is no circle.
  [[nodiscard]] Fault check_owners(const Record& record) const {
    for (const Found& field : record.fields) {
      if (!is_one_of(field.field, roots) || report_.is_faulty(field.target)) continue;
      const auto place = places_.find(field.target);
      if (place == places_.end()) return BtfRule::special_owner;
      if (!kernel_.ownership_depth && (record.mask & nodes) != 0 &&
          (records_[place->second].second.mask & roots) != 0) {
        return BtfRule::special_cycle;
      }
    }
    return std::nullopt;
  }

  /// Follows what lists, trees and pointers own. Whether the kernel has a type of its own for a pointer, which then
  /// owns nothing here, is not known; programs have special fields in types of their own.
  bool check_depth() {
    for (std::size_t place = 0; place < records_.size(); ++place) {
      if (!depth_of(place, most_owners) && !fail(BtfRule::special_cycle, records_[place].first)) return false;
    }
    return true;
  }

  /// How many structs own each other from this one on; nothing where they are more than `left`.
  std::optional<unsigned> depth_of(std::size_t place, unsigned left) {
    if (left == 0) return std::nullopt;
    Record& record = records_[place].second;
    if (record.depth == 0) {
      unsigned below = 0;
      for (const Found& field : record.fields) {
        const auto owned = field.owns ? places_.find(field.target) : places_.end();
        if (owned == places_.end()) continue;
        const std::optional<unsigned> depth = depth_of(owned->second, left - 1);
        if (!depth) return std::nullopt;
        below = std::max(below, *depth);
      }
      record.depth = below + 1;
    }
    return record.depth > left ? std::nullopt : std::optional(record.depth);
  }

  static constexpr unsigned most_owners = 8;
  static constexpr std::string_view contains = "contains:";
  static std::uint64_t tag_key(std::uint32_t target, std::uint32_t index) {
    return std::uint64_t{target} << 32 | index;
  }

  const JudgedBtf& subject_;
  KernelReport& report_;
  const KernelRules& kernel_;
  std::uint32_t version_;
  std::vector<Known> known_;
  std::unordered_map<std::string_view, std::uint32_t> structs_;
  std::unordered_map<std::uint64_t, std::string_view> tags_;  // by struct and member; empty where there are several
  std::unordered_set<std::uint32_t> candidates_;
  std::unordered_map<std::uint64_t, Inside> inside_;             // by struct, and by what was seen around it
  std::unordered_map<std::uint32_t, Members> members_;           // by struct: of what lists and trees hold
  std::unordered_map<std::uint32_t, std::uint32_t> chain_ends_;  // by modifier
  std::vector<std::pair<std::uint32_t, Record>> records_;
  std::unordered_map<std::uint32_t, std::size_t> places_;  // in records_, by id
};

}  // namespace

bool check_special_fields(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report) {
  return SpecialFields(subject, options, report).check();
}

}  // namespace btfx
