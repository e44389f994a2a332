#include "transform/co_re/features.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>

#include "btf/measure.h"
#include "btf/names.h"
#include "transform/co_re/bpf_names.h"

namespace btfx {

namespace {

std::optional<TypeView> find_enum(const Btf& btf, std::string_view name) {
  const TypeId id = btf.names().find(name, Kind::enum_);
  return id == void_id ? std::nullopt : std::optional(btf.type(id));
}

/// Whether an enum of the kernel has a value, by value. What counts the others, `__MAX_BPF_MAP_TYPE`, is none.
class KnownValues {
 public:
  KnownValues(const Btf& btf, std::string_view enumeration) {
    constexpr std::uint64_t most = 4096;
    const std::optional<TypeView> type = find_enum(btf, enumeration);
    is_known_ = type.has_value();
    for (std::uint32_t i = 0; type && i < type->vlen(); ++i) {
      const std::uint64_t value = type->enumerator_value(i);
      if (value >= most || btf.string(type->enumerator_name(i)).starts_with("__")) continue;
      if (value >= has_.size()) has_.resize(value + 1);
      has_[value] = true;
    }
  }

  /// Whether it surely is not there.
  [[nodiscard]] bool lacks(std::uint32_t value) const { return is_known_ && (value >= has_.size() || !has_[value]); }

 private:
  bool is_known_ = false;
  std::vector<bool> has_;
};

/// What a program type and its way to be attached are called, for sections of programs that came with or after BTF of
/// kernels: older ones every kernel with BTF has.
struct ProgramKind {
  std::string_view word, type, attach = {};
};

constexpr std::array program_kinds{
    ProgramKind{"fentry", "BPF_PROG_TYPE_TRACING", "BPF_TRACE_FENTRY"},
    ProgramKind{"fexit", "BPF_PROG_TYPE_TRACING", "BPF_TRACE_FEXIT"},
    ProgramKind{"fmod_ret", "BPF_PROG_TYPE_TRACING", "BPF_MODIFY_RETURN"},
    ProgramKind{"fsession", "BPF_PROG_TYPE_TRACING", "BPF_TRACE_FSESSION"},
    ProgramKind{"tp_btf", "BPF_PROG_TYPE_TRACING", "BPF_TRACE_RAW_TP"},
    ProgramKind{"iter", "BPF_PROG_TYPE_TRACING", "BPF_TRACE_ITER"},
    ProgramKind{"struct_ops", "BPF_PROG_TYPE_STRUCT_OPS"},
    ProgramKind{"freplace", "BPF_PROG_TYPE_EXT"},
    ProgramKind{"lsm", "BPF_PROG_TYPE_LSM"},
    ProgramKind{"lsm_cgroup", "BPF_PROG_TYPE_LSM"},
    ProgramKind{"sk_lookup", "BPF_PROG_TYPE_SK_LOOKUP"},
    ProgramKind{"syscall", "BPF_PROG_TYPE_SYSCALL"},
    ProgramKind{"netfilter", "BPF_PROG_TYPE_NETFILTER"},
};

const ProgramKind* program_kind(std::string_view section) {
  if (section.starts_with('?')) section.remove_prefix(1);
  std::string_view word = section.substr(0, section.find('/'));
  if (word.ends_with(".s")) word.remove_suffix(2);
  const auto* const found = std::ranges::find(program_kinds, word, &ProgramKind::word);
  return found == program_kinds.end() ? nullptr : found;
}

/// What programs of a kind need and the kernel does not have, by its name; empty for nothing, and where it is not
/// known.
std::string_view missing_name(const ProgramKind& kind, const Btf& kernel) {
  if (!has_enumerator(kernel, "bpf_prog_type", kind.type).value_or(true)) return kind.type;
  if (kind.attach.empty() || has_enumerator(kernel, "bpf_attach_type", kind.attach).value_or(true)) return {};
  return kind.attach;
}

/// The type that a map's member points to: `int (*max_entries)[16]` tells a number, `struct key *key` a type.
TypeId pointed_to(const Btf& btf, Member member) {
  const TypeView pointer = btf.type(strip_names(btf, member.type));
  return pointer.kind() == Kind::ptr ? pointer.target() : void_id;
}

std::uint32_t number_of(const Btf& btf, Member member) {
  const TypeView array = btf.type(strip_names(btf, pointed_to(btf, member)));
  return array.kind() == Kind::array ? array.element_count() : 0;
}

CoreMap read_map(const Btf& btf, TypeView variable, TypeView definition) {
  CoreMap map{.name = variable.name()};
  for (std::uint32_t i = 0; i < definition.vlen(); ++i) {
    const Member member = definition.member(i);
    const std::string_view name = btf.string(member.name);
    if (name == "type") map.type = number_of(btf, member);
    if (name == "max_entries") map.max_entries = number_of(btf, member);
    if (name == "key_size") map.key_size = number_of(btf, member);
    if (name == "value_size") map.value_size = number_of(btf, member);
    if (name == "key") map.key_size = size_of(btf, pointed_to(btf, member)).value_or(0);
    if (name == "value") map.value_size = size_of(btf, pointed_to(btf, member)).value_or(0);
    if (name == "values") map.value_size = sizeof(std::uint32_t);  // maps or programs
  }
  return map;
}

// What the kernel wants of a map. Source: the map_alloc_check() and map_alloc() of each type.
enum MapNeed : std::uint8_t { needs_key = 1, needs_value = 2, needs_entries = 4 };

/// What must not be 0, by type: those that are not here need nothing, or libbpf sets it.
std::uint8_t needs_of(std::uint32_t type) {
  constexpr std::uint8_t all = needs_key | needs_value | needs_entries, sizes = needs_value | needs_entries;
  constexpr std::uint8_t nothing = 0, entries = needs_entries;
  constexpr std::array<std::uint8_t, 35> needs{
      nothing,  // BPF_MAP_TYPE_UNSPEC
      all,      // hash
      sizes,    // array
      entries,  // prog_array
      nothing,  // perf_event_array, which gets an entry for each processor
      all,      // percpu_hash
      sizes,    // percpu_array
      all,      // stack_trace
      entries,  // cgroup_array
      all,      // lru_hash
      all,      // lru_percpu_hash
      all,      // lpm_trie
      entries,  // array_of_maps
      entries,  // hash_of_maps
      entries,  // devmap
      entries,  // sockmap
      entries,  // cpumap
      entries,  // xskmap
      entries,  // sockhash
      nothing,  // cgroup_storage
      entries,  // reuseport_sockarray
      nothing,  // percpu_cgroup_storage
      sizes,    // queue
      sizes,    // stack
      nothing,  // sk_storage
      entries,  // devmap_hash
      nothing,  // struct_ops
      entries,  // ringbuf
      nothing,  // inode_storage
      nothing,  // task_storage
      sizes,    // bloom_filter
      entries,  // user_ringbuf
      nothing,  // cgrp_storage
      nothing,  // arena
      entries,  // insn_array
  };
  return type < needs.size() ? needs.at(type) : nothing;
}

/// What a map lacks that the kernel wants: `key_size`, `value_size`, `max_entries`.
std::vector<std::string_view> missing_sizes(const CoreMap& map) {
  const std::uint8_t needs = needs_of(map.type);
  std::vector<std::string_view> missing;
  if ((needs & needs_key) != 0 && map.key_size == 0) missing.emplace_back("key_size");
  if ((needs & needs_value) != 0 && map.value_size == 0) missing.emplace_back("value_size");
  if ((needs & needs_entries) != 0 && map.max_entries == 0) missing.emplace_back("max_entries");
  return missing;
}

}  // namespace

std::optional<bool> has_enumerator(const Btf& btf, std::string_view enumeration, std::string_view name) {
  const std::optional<TypeView> type = find_enum(btf, enumeration);
  if (!type) return std::nullopt;
  for (std::uint32_t i = 0; i < type->vlen(); ++i) {
    if (btf.string(type->enumerator_name(i)) == name) return true;
  }
  return false;
}

std::vector<CoreMap> read_core_maps(const Btf& btf) {
  // Entries times members is much more than either, and a name may be long.
  constexpr std::size_t most_members = std::size_t{1} << 20, longest_name = 511;
  std::vector<CoreMap> maps;
  std::size_t members = 0;
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
    const TypeView data = btf.type(id);
    if (data.kind() != Kind::datasec || data.name() != ".maps") continue;
    for (std::uint32_t i = 0; i < data.vlen(); ++i) {
      const TypeView variable = btf.type(data.entry(i).type);
      if (variable.kind() != Kind::var || variable.name().size() > longest_name) continue;
      const TypeView definition = btf.type(strip_names(btf, variable.target()));
      if (definition.kind() != Kind::struct_) continue;
      members += definition.vlen();
      if (members > most_members) return maps;
      maps.push_back(read_map(btf, variable, definition));
    }
  }
  return maps;
}

std::vector<CoreHelperCall> read_helper_calls(const CoreObject& object) {
  constexpr std::uint8_t call = 0x85;
  std::vector<CoreHelperCall> calls;
  for (std::size_t p = 0; p < object.programs.size(); ++p) {
    const BpfProgram& program = object.programs[p];
    for (std::uint32_t i = 0; i < program.insns(); ++i) {
      const BpfInsn insn = BpfInsn::read(program.code.data() + std::size_t{i} * BpfInsn::size, object.order);
      if (insn.code == BpfInsn::load_immediate) {
        ++i;  // the other half
      } else if (insn.code == call && insn.src == 0 && insn.imm > 0 &&
                 find_reference(object.references, program.section, program.first_insn + i) == nullptr) {
        calls.push_back({{p, i}, static_cast<std::uint32_t>(insn.imm)});
      }
    }
  }
  return calls;
}

std::vector<CoreHelperCall> missing_helpers(const CoreObject& object, const Btf& kernel) {
  // bpf_probe_read_user, _kernel and their _str, which libbpf replaces with older ones (FEAT_PROBE_READ_KERN).
  constexpr std::uint32_t first_replaced = 112, last_replaced = 115;
  std::vector<CoreHelperCall> missing;
  if (object.helper_calls.empty()) return missing;
  const KnownValues helpers(kernel, "bpf_func_id");
  for (const CoreHelperCall& call : object.helper_calls) {
    const bool is_replaced = call.helper >= first_replaced && call.helper <= last_replaced;
    if (!is_replaced && helpers.lacks(call.helper)) missing.push_back(call);
  }
  return missing;
}

Diagnostics check_features(const CoreObject& object, const Btf& kernel) {
  Diagnostics findings;
  const KnownValues map_types(kernel, "bpf_map_type");
  for (const CoreMap& map : object.maps) {
    if (map.type == 0) {
      findings.push_back(
          {"map-type", fmt::format("map '{}' has no type, without which libbpf opens no object", map.name)});
    } else if (map_types.lacks(map.type)) {
      findings.push_back({"map-type", fmt::format("map '{}' is of {}, which this kernel does not have", map.name,
                                                  map_type_name(map.type))});
    } else if (const std::vector<std::string_view> missing = missing_sizes(map); !missing.empty()) {
      findings.push_back(
          {"map-size", fmt::format("map '{}' has no {}: the program that loads it must set {}", map.name,
                                   fmt::join(missing, " and no "), missing.size() == 1 ? "it" : "them")});
    }
  }
  std::map<const ProgramKind*, std::string_view> missing_of;  // looked up once, however many programs there are
  for (const BpfProgram& program : object.programs) {
    const ProgramKind* const kind = program_kind(program.section);
    if (kind == nullptr) continue;
    const auto [known, is_new] = missing_of.try_emplace(kind);
    if (is_new) known->second = missing_name(*kind, kernel);
    if (known->second.empty()) continue;
    findings.push_back(
        {program.is_optional() ? Severity::note : Severity::error, "program-type",
         fmt::format("program {} needs {}, which this kernel does not have", program.name, known->second)});
  }
  return findings;
}

}  // namespace btfx
