// The rules as data: name, error, and the kernel's text.
#include "btf/kernel_rules/rules.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>

#include "base/enum_table.h"

namespace btfx {

namespace {

struct Row {
  BtfRule rule = {};
  RuleText entry = {};
};

constexpr int not_supported = error_not_supported;

constexpr std::array rows{
    Row{BtfRule::blob_size, {"blob-size", E2BIG, ""}},
    Row{BtfRule::header_short, {"header-short", EINVAL, "hdr_len not found"}},
    Row{BtfRule::header_truncated, {"header-truncated", EINVAL, "btf_header not found"}},
    Row{BtfRule::header_unknown, {"header-unknown", E2BIG, "Unsupported btf_header"}},
    Row{BtfRule::magic, {"magic", EINVAL, "Invalid magic"}},
    Row{BtfRule::version, {"version", not_supported, "Unsupported version"}},
    Row{BtfRule::flags, {"flags", not_supported, "Unsupported flags"}},
    Row{BtfRule::no_data, {"no-data", EINVAL, "No data"}},
    Row{BtfRule::section_offset, {"section-offset", EINVAL, "Invalid section offset"}},
    Row{BtfRule::section_gap, {"section-gap", EINVAL, "Unsupported section found"}},
    Row{BtfRule::section_overlap, {"section-overlap", EINVAL, "Section overlap found"}},
    Row{BtfRule::section_length, {"section-length", EINVAL, "Total section length too long"}},
    Row{BtfRule::trailing_data, {"trailing-data", EINVAL, "Unsupported section found"}},

    Row{BtfRule::strings_not_last, {"strings-not-last", EINVAL, "String section is not at the end"}},
    Row{BtfRule::strings_invalid, {"strings-invalid", EINVAL, "Invalid string section"}},
    Row{BtfRule::layout_unaligned, {"layout-unaligned", EINVAL, "Unaligned layout_off"}},
    Row{BtfRule::layout_short, {"layout-short", EINVAL, "Layout section is too small"}},
    Row{BtfRule::layout_size, {"layout-size", EINVAL, "layout_len is not multiple of 4"}},
    Row{BtfRule::types_unaligned, {"types-unaligned", EINVAL, "Unaligned type_off"}},
    Row{BtfRule::types_missing, {"types-missing", EINVAL, "No type found"}},

    Row{BtfRule::record_truncated, {"record-truncated", EINVAL, "[{}] meta_left:{} meta_needed:12"}},
    Row{BtfRule::info_reserved, {"info-reserved", EINVAL, "[{}] Invalid btf_info:{:x}"}},
    Row{BtfRule::kind_unknown, {"kind-unknown", EINVAL, "[{}] Invalid kind:{}"}},
    Row{BtfRule::name_offset, {"name-offset", EINVAL, "[{}] Invalid name_offset:{}"}},
    Row{BtfRule::payload_truncated, {"payload-truncated", EINVAL, "meta_left:{} meta_needed:{}"}},
    // The kernel says so, drops the type and goes on.
    Row{BtfRule::too_many_types, {"too-many-types", 0, "Exceeded max num of types"}},
    Row{BtfRule::vlen, {"vlen", EINVAL, "vlen != 0"}},
    Row{BtfRule::kind_flag, {"kind-flag", EINVAL, "Invalid btf_info kind_flag"}},
    Row{BtfRule::name, {"name", EINVAL, "Invalid name"}},
    Row{BtfRule::type_id, {"type-id", EINVAL, "Invalid type_id"}},
    Row{BtfRule::int_word, {"int-word", EINVAL, "Invalid int_data:{:x}"}},
    Row{BtfRule::int_bits, {"int-bits", EINVAL, "nr_bits exceeds 128"}},
    Row{BtfRule::int_size, {"int-size", EINVAL, "nr_bits exceeds type_size"}},
    Row{BtfRule::int_encoding, {"int-encoding", not_supported, "Unsupported encoding"}},
    Row{BtfRule::fwd_word, {"fwd-word", EINVAL, "type != 0"}},
    Row{BtfRule::array_word, {"array-word", EINVAL, "size != 0"}},
    Row{BtfRule::array_element, {"array-element", EINVAL, "Invalid elem"}},
    Row{BtfRule::array_index, {"array-index", EINVAL, "Invalid index"}},
    Row{BtfRule::member_name_offset, {"member-name-offset", EINVAL, "Invalid member name_offset:{}"}},
    Row{BtfRule::member_name, {"member-name", EINVAL, "Invalid name"}},
    Row{BtfRule::member_type, {"member-type", EINVAL, "Invalid type_id"}},
    Row{BtfRule::member_offset, {"member-offset", EINVAL, "Invalid member bits_offset"}},
    Row{BtfRule::member_beyond, {"member-beyond", EINVAL, "Member bits_offset exceeds its struct size"}},
    Row{BtfRule::enum_size, {"enum-size", EINVAL, "Unexpected size"}},
    Row{BtfRule::enumerator_name_offset, {"enumerator-name-offset", EINVAL, "\tInvalid name_offset:{}"}},
    Row{BtfRule::enumerator_name, {"enumerator-name", EINVAL, "Invalid name"}},
    Row{BtfRule::func_linkage, {"func-linkage", EINVAL, "Invalid func linkage"}},
    Row{BtfRule::var_linkage, {"var-linkage", EINVAL, "Linkage not supported"}},
    Row{BtfRule::datasec_size, {"datasec-size", EINVAL, "size == 0"}},
    Row{BtfRule::datasec_sum, {"datasec-sum", EINVAL, "Invalid btf_info size"}},
    Row{BtfRule::entry_type, {"entry-type", EINVAL, "Invalid type_id"}},
    Row{BtfRule::entry_offset, {"entry-offset", EINVAL, "Invalid offset"}},
    Row{BtfRule::entry_size, {"entry-size", EINVAL, "Invalid size"}},
    Row{BtfRule::entry_end, {"entry-end", EINVAL, "Invalid offset+size"}},
    Row{BtfRule::float_size, {"float-size", EINVAL, "Invalid type_size"}},
    Row{BtfRule::tag_text, {"tag-text", EINVAL, "Invalid value"}},
    Row{BtfRule::component, {"component", EINVAL, "Invalid component_idx"}},

    Row{BtfRule::resolve_depth, {"resolve-depth", E2BIG, "Exceeded max resolving depth:32"}},
    Row{BtfRule::resolve_loop, {"resolve-loop", EEXIST, "Loop detected"}},
    Row{BtfRule::resolve_state, {"resolve-state", EINVAL, "Invalid resolve state"}},
    Row{BtfRule::target, {"target", EINVAL, "Invalid type_id"}},
    Row{BtfRule::element_int, {"element-int", EINVAL, "Invalid array of int"}},
    Row{BtfRule::array_overflow, {"array-overflow", EINVAL, "Array size overflows U32_MAX"}},
    Row{BtfRule::member_kind, {"member-kind", EINVAL, "Invalid member"}},
    Row{BtfRule::entry_not_var, {"entry-not-var", EINVAL, "Not a VAR kind member"}},
    Row{BtfRule::entry_target, {"entry-target", EINVAL, "Invalid type"}},
    Row{BtfRule::entry_too_small, {"entry-too-small", EINVAL, "Invalid size"}},
    Row{BtfRule::argument, {"argument", EINVAL, "Invalid arg#{}"}},
    Row{BtfRule::return_type, {"return-type", EINVAL, "Invalid return type"}},

    Row{BtfRule::member_overflow, {"member-overflow", EINVAL, "bits_offset exceeds U32_MAX"}},
    Row{BtfRule::member_bits, {"member-bits", EINVAL, "nr_copy_bits exceeds 128"}},
    Row{BtfRule::member_end, {"member-end", EINVAL, "Member exceeds struct_size"}},
    Row{BtfRule::member_unaligned, {"member-unaligned", EINVAL, "Member is not byte aligned"}},
    Row{BtfRule::float_unaligned, {"float-unaligned", EINVAL, "Member is not properly aligned"}},
    Row{BtfRule::bitfield_base, {"bitfield-base", EINVAL, "Invalid member base type"}},
    Row{BtfRule::bitfield_offset, {"bitfield-offset", EINVAL, "Invalid member offset"}},
    Row{BtfRule::bitfield_size, {"bitfield-size", EINVAL, "Invalid member bitfield_size"}},

    Row{BtfRule::chain_length, {"chain-length", ELOOP, "Max chain length or cycle detected"}},
    Row{BtfRule::chain_broken, {"chain-broken", EINVAL, ""}},
    Row{BtfRule::tag_order, {"tag-order", EINVAL, "Type tags don't precede modifiers"}},

    Row{BtfRule::special_bit_offset,
        {"special-bit-offset", EINVAL, "", "a struct with special fields has a bit field"}},
    Row{BtfRule::special_depth, {"special-depth", E2BIG, "", "a struct with special fields is nested too deeply"}},
    Row{BtfRule::special_twice, {"special-twice", E2BIG, "", "a struct has two locks of the same kind"}},
    Row{BtfRule::special_count, {"special-count", E2BIG, "", "a struct has too many special fields"}},
    Row{BtfRule::special_repeat,
        {"special-repeat", EINVAL, "", "an array holds special fields that cannot be repeated"}},
    Row{BtfRule::special_pointer,
        {"special-pointer", EINVAL, "",
         "a tagged pointer has an unknown or a second tag, or does not point to a struct"}},
    Row{BtfRule::special_none,
        {"special-none", EFAULT, "", "special fields have the wrong size or alignment, and there are no others"}},
    Row{BtfRule::special_overlap, {"special-overlap", EEXIST, "", "special fields overlap"}},
    Row{BtfRule::special_root,
        {"special-root", EINVAL, "", "a list head or tree root has not one tag 'contains:STRUCT:MEMBER'"}},
    Row{BtfRule::special_element,
        {"special-element", ENOENT, "", "there is no such struct or member as a list head or tree root contains"}},
    Row{BtfRule::special_node,
        {"special-node", EINVAL, "", "the member that a list head or tree root contains is no node of it"}},
    Row{BtfRule::special_locks, {"special-locks", EINVAL, "", "a struct has two kinds of locks"}},
    Row{BtfRule::special_lock, {"special-lock", EINVAL, "", "a struct with a list head or tree root has no lock"}},
    Row{BtfRule::special_refcount,
        {"special-refcount", EINVAL, "", "a struct with nodes of a list and of a tree has no bpf_refcount"}},
    Row{BtfRule::special_owner,
        {"special-owner", EFAULT, "", "what a list head or tree root contains has no special fields"}},
    Row{BtfRule::special_cycle,
        {"special-cycle", ELOOP, "",
         "structs that lists, trees or pointers hold own each other in a circle, or too deeply"}},
    Row{BtfRule::special_fields,
        {"special-fields", 0, "",
         "the kernel takes pointers tagged 'kptr' to a struct of its own only where it has a "
         "destructor for it"}},
};

static_assert(rows.size() == static_cast<std::size_t>(BtfRule::special_fields) + 1 && in_order(rows, &Row::rule));

/// The codes of findings, made of the names.
class Codes {
 public:
  constexpr Codes() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      char* const end = std::ranges::copy(prefix, texts_[i].data()).out;
      std::ranges::copy(rows[i].entry.name, end);
    }
  }
  [[nodiscard]] constexpr std::string_view of(BtfRule rule) const {
    const auto i = static_cast<std::size_t>(rule);
    return {texts_[i].data(), prefix.size() + rows[i].entry.name.size()};
  }

 private:
  static constexpr std::string_view prefix = "kernel-";
  static constexpr std::size_t longest = 40;
  std::array<std::array<char, longest>, rows.size()> texts_ = {};
};
constexpr Codes codes;

}  // namespace

const RuleText& rule_text(BtfRule rule) {
  return rows[static_cast<std::size_t>(rule)].entry;
}

std::string_view error_name(int error) {
  switch (error) {
    case E2BIG:
      return "E2BIG";
    case EEXIST:
      return "EEXIST";
    case ELOOP:
      return "ELOOP";
    case ENOENT:
      return "ENOENT";
    case EFAULT:
      return "EFAULT";
    case error_not_supported:
      return "ENOTSUPP";
    default:
      return "EINVAL";
  }
}

std::string_view to_string(BtfRule rule) {
  return rule_text(rule).name;
}

FindingCode finding_code(BtfRule rule) {
  return FindingCode::of_kernel_rule(codes.of(rule));
}

std::string_view unlogged_reason(BtfRule rule) {
  return rule_text(rule).reason;
}

KernelRules rules_of_version(std::uint32_t version, unsigned patch) {
  KernelRules rules;
  rules.version = version;
  const auto before = [&](unsigned other_major, unsigned other_minor) {
    return rules.version < kernel_version(other_major, other_minor);
  };
  if (before(5, 13)) {
    rules.highest_kind = 15;
  } else if (before(5, 16)) {
    rules.highest_kind = 16;
  } else if (before(5, 17)) {
    rules.highest_kind = 17;
  } else if (before(6, 0)) {
    rules.highest_kind = 18;
  }
  if (before(6, 1)) rules.identifier_limit = 128;
  if (before(6, 11)) rules.relocates = false;
  // Compared with the sources: 6.1 takes identifiers only, 6.12 anything printable. That it came with 6.9, as a part of
  // letting sections be called `?.struct_ops`, is not checked against the releases between.
  if (before(6, 9)) rules.any_section_name = false;
  // Stable releases got these later than their first one. Which others did is not known here; 6.18.44 had not.
  if (rules.version == kernel_version(6, 12)) {
    rules.nested_locks_count = patch >= 111;
    rules.ownership_depth = patch >= 113;
  }
  if (before(6, 15)) rules.tag_kind_flag = false;
  // 6.19 has none of these, 7.2 has them all; the releases between were not looked at.
  if (!before(7, 2)) {
    rules.wide_vlen = rules.layout = true;
    rules.tag_order = false;
  }
  return rules;
}

std::optional<KernelRules> find_release(std::string_view release) {
  unsigned major = 0, minor = 0;
  const char* const end = release.data() + release.size();
  const auto [dot, failure] = std::from_chars(release.data(), end, major);
  if (failure != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, no_minor] = std::from_chars(dot + 1, end, minor);
  if (no_minor != std::errc{}) return std::nullopt;
  unsigned patch = 0;
  if (rest != end && *rest == '.') std::from_chars(rest + 1, end, patch);

  return rules_of_version(kernel_version(std::min(major, 0xffffU), std::min(minor, 0xffffU)), patch);
}

KernelRules KernelRules::of_release(std::string_view release) {
  return find_release(release).value_or(KernelRules());
}

KernelRules KernelRules::newest() {
  return rules_of_version(kernel_version(7, 2));
}

}  // namespace btfx
