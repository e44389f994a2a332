#include "transform/co_re/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/counted.h"
#include "btf/measure.h"
#include "btf/names.h"
#include "btf/spelling.h"

namespace btfx {

namespace {

using State = CoreTargetResult::State;

struct SectionKind {
  std::string_view word;
  CoreTargetKind kind;
};

constexpr std::array section_kinds{
    SectionKind{"fentry", CoreTargetKind::fentry},
    SectionKind{"fexit", CoreTargetKind::fexit},
    SectionKind{"fmod_ret", CoreTargetKind::fmod_ret},
    SectionKind{"fsession", CoreTargetKind::fsession},
    SectionKind{"freplace", CoreTargetKind::freplace},
    SectionKind{"tp_btf", CoreTargetKind::tp_btf},
    SectionKind{"raw_tp", CoreTargetKind::raw_tracepoint},
    SectionKind{"raw_tracepoint", CoreTargetKind::raw_tracepoint},
    SectionKind{"tp", CoreTargetKind::tracepoint},
    SectionKind{"tracepoint", CoreTargetKind::tracepoint},
    SectionKind{"lsm", CoreTargetKind::lsm},
    SectionKind{"lsm_cgroup", CoreTargetKind::lsm_cgroup},
    SectionKind{"iter", CoreTargetKind::iterator},
    SectionKind{"struct_ops", CoreTargetKind::callbacks},
    SectionKind{"kprobe", CoreTargetKind::kprobe},
    SectionKind{"kretprobe", CoreTargetKind::kprobe},
    SectionKind{"ksyscall", CoreTargetKind::syscall},
    SectionKind{"kretsyscall", CoreTargetKind::syscall},
    SectionKind{"kprobe.multi", CoreTargetKind::several},
    SectionKind{"kretprobe.multi", CoreTargetKind::several},
    SectionKind{"kprobe.session", CoreTargetKind::several},
    SectionKind{"fentry.multi", CoreTargetKind::several},
    SectionKind{"fexit.multi", CoreTargetKind::several},
    SectionKind{"fsession.multi", CoreTargetKind::several},
};

/// Whether libbpf looks the target up when it loads the program, because the verifier needs its prototype.
bool is_needed_at_load(CoreTargetKind kind) {
  switch (kind) {
    case CoreTargetKind::fentry:
    case CoreTargetKind::fexit:
    case CoreTargetKind::fmod_ret:
    case CoreTargetKind::fsession:
    case CoreTargetKind::freplace:
    case CoreTargetKind::tp_btf:
    case CoreTargetKind::lsm:
    case CoreTargetKind::lsm_cgroup:
    case CoreTargetKind::iterator:
    case CoreTargetKind::callbacks:
      return true;
    default:
      return false;
  }
}

/// Whether a program is run with a function's return value behind its arguments.
bool has_return_value(CoreTargetKind kind) {
  return kind == CoreTargetKind::fexit || kind == CoreTargetKind::fmod_ret || kind == CoreTargetKind::fsession ||
         kind == CoreTargetKind::lsm || kind == CoreTargetKind::lsm_cgroup;
}

/// What the target is in BTF.
std::optional<CoreName> btf_name(const CoreTarget& target) {
  if (target.name.empty()) return std::nullopt;
  switch (target.kind) {
    case CoreTargetKind::fentry:
    case CoreTargetKind::fexit:
    case CoreTargetKind::fmod_ret:
    case CoreTargetKind::fsession:
    case CoreTargetKind::kprobe:
      return CoreName{target.name, Kind::func};
    case CoreTargetKind::tp_btf:
    case CoreTargetKind::raw_tracepoint:
      return CoreName{"btf_trace_" + target.name, Kind::typedef_};
    case CoreTargetKind::lsm:
    case CoreTargetKind::lsm_cgroup:
      return CoreName{"bpf_lsm_" + target.name, Kind::func};
    case CoreTargetKind::iterator:
      return CoreName{"bpf_iter_" + target.name, Kind::func};
    default:
      return std::nullopt;
  }
}

std::string_view target_word(CoreTargetKind kind) {
  switch (kind) {
    case CoreTargetKind::tp_btf:
    case CoreTargetKind::raw_tracepoint:
    case CoreTargetKind::tracepoint:
      return "tracepoint";
    case CoreTargetKind::lsm:
    case CoreTargetKind::lsm_cgroup:
      return "LSM hook";
    case CoreTargetKind::iterator:
      return "iterator";
    default:
      return "function";
  }
}

/// The words of 8 bytes that arguments and return value take in a program's context.
struct Slots {
  std::uint32_t arguments = 0, returned = 0;
};

std::uint32_t slots_of(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(strip_names(btf, id));
  if (type.kind() == Kind::unkn) return 0;
  if (type.kind() == Kind::ptr) return 1;
  return (size_of(btf, id).value_or(8) + 7) / 8;
}

Slots slots_of_prototype(const Btf& btf, TypeView prototype, std::uint32_t left_out) {
  Slots slots;
  for (std::uint32_t i = left_out; i < prototype.vlen(); ++i) slots.arguments += slots_of(btf, prototype.param(i).type);
  slots.returned = slots_of(btf, prototype.target());
  return slots;
}

class TargetResolver {
 public:
  TargetResolver(const CoreObject& object, const CoreKernel& kernel) : object_(object), kernel_(kernel) {}

  [[nodiscard]] ResolvedTarget run(std::size_t program) const {
    const CoreTarget& target = object_.targets[program];
    ResolvedTarget resolved;
    CoreTargetResult& result = resolved.result;
    result.at_load = is_needed_at_load(target.kind);
    switch (target.kind) {
      case CoreTargetKind::none:
        return resolved;
      case CoreTargetKind::callbacks:
        result.state = State::unknown;
        result.message = "no variable of the object holds it as a callback";
        return resolved;
      case CoreTargetKind::freplace:
        result.state = State::unknown;
        result.message = "the program that it replaces a function of is not known";
        return resolved;
      case CoreTargetKind::several:
        result.state = State::unknown;
        result.message = "what its pattern matches is not known";
        return resolved;
      case CoreTargetKind::tracepoint:
        result.state = State::unknown;
        result.message = "types do not tell which tracepoints there are in tracefs, and their formats";
        return resolved;
      case CoreTargetKind::syscall:
        find_syscall(target, result);
        return resolved;
      default:
        find_named(program, resolved);
        return resolved;
    }
  }

  /// The targets of the programs that the object's variables hold as callbacks. Of variables that are left out by
  /// default the programs are judged alone.
  void run_callbacks(ResolvedTargets& targets) const {
    find_shared_programs(targets.findings);
    for (const BpfCallbacks& callbacks : object_.callbacks) {
      ResolvedTargets apart{.programs = {}};
      std::swap(apart.programs, targets.programs);
      run_callbacks(callbacks, apart);
      std::swap(apart.programs, targets.programs);
      if (!callbacks.is_optional) append(targets.findings, std::move(apart.findings));
    }
  }

 private:
  struct Found {
    std::size_t part = 0;
    TypeId id = void_id;
  };

  [[nodiscard]] const Btf& btf_of(std::size_t part) const { return *kernel_.parts()[part].btf; }

  /// The first that the reference finds. Source: libbpf's find_kernel_btf_id(), which compares the beginning of a
  /// module's name.
  [[nodiscard]] std::optional<Found> find(std::string_view name, Kind kind, std::string_view module = {}) const {
    for (std::size_t part = 0; part < kernel_.parts().size(); ++part) {
      if (!kernel_.parts()[part].name.starts_with(module)) continue;
      const TypeId id = btf_of(part).names().find(name, kind);
      if (id != void_id) return Found{part, id};
    }
    return std::nullopt;
  }

  void find_syscall(const CoreTarget& target, CoreTargetResult& result) const {
    constexpr std::array prefixes{"__x64_sys_", "__arm64_sys_", "__s390x_sys_", "__riscv_sys_", "__ia32_sys_", "sys_"};
    for (const std::string_view prefix : prefixes) {
      if (const auto found = find(fmt::format("{}{}", prefix, target.name), Kind::func)) {
        result.state = State::found;
        result.part = found->part;
        result.id = found->id;
        return;
      }
    }
    result.state = State::unknown;
    result.message = fmt::format("no function of the system call {} in {}", target.name, kernel_.searched());
  }

  void find_named(std::size_t program, ResolvedTarget& resolved) const {
    const CoreTarget& target = object_.targets[program];
    CoreTargetResult& result = resolved.result;
    const std::optional<CoreName> name = btf_name(target);
    if (!name) {
      result.state = result.at_load ? State::missing : State::unknown;
      result.message = fmt::format("its section names no {}", target_word(target.kind));
      return;
    }
    const std::optional<Found> found = find(name->name, name->kind, target.module);
    if (!found) {
      // Kprobes can be on functions that BTF leaves out.
      result.state = target.kind == CoreTargetKind::kprobe ? State::unknown : State::missing;
      result.message =
          fmt::format("no {} {} in {}", target_word(target.kind), target.name,
                      target.module.empty() ? kernel_.searched() : fmt::format("module {}", target.module));
      return;
    }
    result.part = found->part;
    result.id = found->id;
    result.state = State::found;
    if (target.kind != CoreTargetKind::kprobe) check_prototype(program, *found, resolved);
    if (target.kind == CoreTargetKind::fmod_ret && result.state == State::found &&
        !target.name.starts_with("security_")) {
      result.state = State::unknown;
      result.message = "types do not tell whether programs may change what it returns";
    }
  }

  void check_prototype(std::size_t program, const Found& found, ResolvedTarget& resolved) const {
    const Btf& btf = btf_of(found.part);
    const CoreTargetKind kind = object_.targets[program].kind;
    const bool is_tracepoint = kind == CoreTargetKind::tp_btf || kind == CoreTargetKind::raw_tracepoint;
    TypeId id = strip_names(btf, btf.type(found.id).target());
    if (is_tracepoint && btf.type(id).kind() == Kind::ptr) id = strip_names(btf, btf.type(id).target());
    const TypeView prototype = btf.type(id);
    if (prototype.kind() != Kind::func_proto) return refuse(resolved, "has no prototype");
    if (!is_tracepoint) {
      if (std::string why = unfit_prototype(btf, prototype); !why.empty()) return refuse(resolved, std::move(why));
    }
    check_reads(program, btf, prototype, is_tracepoint ? 1 : 0, resolved);
  }

  static void refuse(ResolvedTarget& resolved, std::string why) {
    resolved.result.state = State::unfit;
    resolved.result.message = std::move(why);
  }

  /// Why no program can be attached to a function of that prototype; empty when one can. Source: the kernel's
  /// btf_distill_func_proto().
  static std::string unfit_prototype(const Btf& btf, TypeView prototype) {
    constexpr std::uint32_t most_arguments = 12, largest_argument = 16;
    if (prototype.vlen() > most_arguments) return fmt::format("has {} arguments, too many", prototype.vlen());
    for (std::uint32_t i = 0; i < prototype.vlen(); ++i) {
      const TypeId type = prototype.param(i).type;
      if (type == void_id) return "takes a variable number of arguments";
      if (size_of(btf, type).value_or(0) > largest_argument) {
        return fmt::format("takes '{}' by value, which is too large", spell_type(btf, type));
      }
    }
    const TypeView returned = btf.type(strip_names(btf, prototype.target()));
    if (is_composite(returned.kind())) return "returns a struct or union";
    return {};
  }

  /// Finds what the program reads beyond the arguments. Source: the kernel's btf_ctx_access().
  void check_reads(std::size_t program, const Btf& btf, TypeView prototype, std::uint32_t left_out,
                   ResolvedTarget& resolved) const {
    const CoreTargetKind kind = object_.targets[program].kind;
    const Slots slots = slots_of_prototype(btf, prototype, left_out);
    const std::uint32_t readable = slots.arguments + (has_return_value(kind) ? slots.returned : 0);
    std::int32_t furthest = -1;
    for (const ContextRead& read : object_.context_reads) {
      if (read.program != program || read.offset < 0 || read.offset % 8 != 0) continue;
      if (static_cast<std::uint32_t>(read.offset / 8) < readable) continue;
      furthest = std::max(furthest, read.offset / 8);
      resolved.beyond.push_back(read);
    }
    if (furthest < 0) return;
    const std::uint32_t arguments = prototype.vlen() - std::min(left_out, prototype.vlen());
    const bool wants_return = has_return_value(kind) && static_cast<std::uint32_t>(furthest) == slots.arguments;
    resolved.misread = wants_return ? std::string("the program reads what it returns, which is nothing")
                                    : fmt::format("the program reads argument {}, but there {} {}", furthest + 1,
                                                  arguments == 1 ? "is" : "are",
                                                  arguments == 0 ? "none" : fmt::format("{}", arguments));
  }

  /// A program can stand in several variables, but only in one member of one type. Source: libbpf's
  /// bpf_object__collect_st_ops_relos().
  void find_shared_programs(Diagnostics& findings) const {
    std::map<std::size_t, std::pair<TypeId, std::uint32_t>> places;  // the first of each program
    for (const BpfCallbacks& callbacks : object_.callbacks) {
      for (const BpfCallbacks::Slot& slot : callbacks.slots) {
        const std::pair place{callbacks.type, slot.offset};
        if (places.emplace(slot.program, place).first->second == place) continue;
        findings.push_back({"callbacks", fmt::format("{}: program {} is also another member, or one of another type",
                                                     callbacks.name, object_.programs[slot.program].name)});
      }
    }
  }

  void run_callbacks(const BpfCallbacks& callbacks, ResolvedTargets& targets) const {
    const TypeView local = object_.btf->type(callbacks.type);
    const std::string name(essential_name(local.name()));
    const auto holder = find("bpf_struct_ops_" + name, Kind::struct_);
    const auto fail = [&](std::string text) {
      targets.findings.push_back({"callbacks", fmt::format("{}: {}", callbacks.name, text)});
    };
    if (!holder) return fail(fmt::format("no struct bpf_struct_ops_{} in {}", name, kernel_.searched()));
    const Btf& btf = btf_of(holder->part);
    TypeId type = btf.names().find(name, Kind::struct_);
    if (type == void_id && btf.is_split()) type = btf.base()->names().find(name, Kind::struct_);
    if (type == void_id) return fail(fmt::format("no struct {} in {}", name, kernel_.parts()[holder->part].name));
    const TypeView target = btf.type(type);
    for (std::uint32_t i = 0; i < local.vlen(); ++i) {
      const Member member = local.member(i);
      const std::string_view member_name = object_.btf->string(member.name);
      const auto slot = std::ranges::find(callbacks.slots, member.bit_offset / 8, &BpfCallbacks::Slot::offset);
      const std::optional<Member> there = member_of(btf, target, member_name);
      if (!there) {
        if (slot != callbacks.slots.end() || !is_zero(callbacks, member)) {
          fail(fmt::format("struct {} has no member '{}'", name, member_name));
        }
        continue;
      }
      if (member.bitfield_size != 0 || there->bitfield_size != 0) {
        fail(fmt::format("member '{}' is a bitfield, which loaders refuse", member_name));
        continue;
      }
      const TypeView here_type = object_.btf->type(strip_names(*object_.btf, member.type));
      const TypeView there_type = btf.type(strip_names(btf, there->type));
      if (here_type.kind() != there_type.kind()) {
        fail(fmt::format("member '{}' is '{}', in the object '{}'", member_name, spell_type(btf, there->type),
                         spell_type(*object_.btf, member.type)));
        continue;
      }
      if (here_type.kind() != Kind::ptr) {
        const std::optional<std::uint32_t> here = size_of(*object_.btf, member.type),
                                           there_size = size_of(btf, there->type);
        if (here != there_size) {
          fail(fmt::format("member '{}' has {}, in the object {}", member_name, counted(there_size.value_or(0), "byte"),
                           counted(here.value_or(0), "byte")));
        }
      }
      if (slot == callbacks.slots.end()) continue;
      const TypeView prototype = btf.type(strip_names(btf, there_type.target()));
      ResolvedTarget& resolved = targets.programs[slot->program];
      resolved.result = {.state = State::found, .at_load = true, .part = holder->part, .id = type};
      if (there_type.kind() != Kind::ptr || prototype.kind() != Kind::func_proto) {
        refuse(resolved, fmt::format("member '{}' of struct {} is not a function", member_name, name));
      } else {
        check_reads(slot->program, btf, prototype, 0, resolved);
      }
    }
  }

  static std::optional<Member> member_of(const Btf& btf, TypeView type, std::string_view name) {
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      const Member member = type.member(i);
      if (btf.string(member.name) == name) return member;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool is_zero(const BpfCallbacks& callbacks, const Member& member) const {
    const std::size_t begin = member.bit_offset / 8;
    const std::size_t end =
        std::min<std::size_t>(callbacks.content.size(), begin + size_of(*object_.btf, member.type).value_or(0));
    for (std::size_t i = begin; i < end; ++i) {
      if (callbacks.content.data()[i] != std::byte{0}) return false;
    }
    return true;
  }

  const CoreObject& object_;
  const CoreKernel& kernel_;
};

}  // namespace

CoreTarget read_core_target(std::string_view section) {
  if (section.starts_with('?')) section.remove_prefix(1);
  const std::size_t slash = section.find('/');
  std::string_view word = section.substr(0, slash);
  std::string_view name = slash == std::string_view::npos ? std::string_view() : section.substr(slash + 1);
  for (const std::string_view flag : {".s", ".w"}) {
    if (word.ends_with(flag)) word.remove_suffix(flag.size());
  }
  const auto found = std::ranges::find(section_kinds, word, &SectionKind::word);
  if (found == section_kinds.end()) return {};
  CoreTarget target{.kind = found->kind};
  if (target.kind == CoreTargetKind::kprobe) {
    name = name.substr(0, name.find('+'));  // and so many bytes
  } else if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    target.module = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  target.name = name;
  return target;
}

ResolvedTargets resolve_core_targets(const CoreObject& object, const CoreKernel& kernel) {
  const TargetResolver resolver(object, kernel);
  ResolvedTargets targets;
  for (std::size_t i = 0; i < object.targets.size(); ++i) targets.programs.push_back(resolver.run(i));
  resolver.run_callbacks(targets);
  return targets;
}

std::vector<CoreName> asked_names(const CoreObject& object) {
  std::vector<CoreName> names;
  for (const CoreExtern& external : object.externs) {
    if (external.kind == CoreExternKind::function) names.push_back({std::string(essential_name(external.name))});
    if (external.kind == CoreExternKind::variable) names.push_back({external.name, Kind::var});
  }
  for (const CoreTarget& target : object.targets) {
    if (std::optional<CoreName> name = btf_name(target)) names.push_back(std::move(*name));
  }
  for (const BpfCallbacks& callbacks : object.callbacks) {
    const std::string_view name = essential_name(object.btf->type(callbacks.type).name());
    names.push_back({fmt::format("bpf_struct_ops_{}", name), Kind::struct_});
    names.push_back({std::string(name), Kind::struct_});
  }
  return names;
}

}  // namespace btfx
