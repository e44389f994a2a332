#include "transform/co_re/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/names.h"
#include "transform/bpf/reach.h"

namespace btfx {

namespace {

/// What a program asks about and gets the answer that it does not exist.
class Absences {
 public:
  Absences(const CoreObject& object, const CoreAnswer& answer) {
    for (std::size_t i = 0; i < answer.results.size(); ++i) {
      const CoreRelocation& relocation = object.relocations[i];
      if (answer.results[i].verdict != CoreVerdict::absent || !relocation.kind) continue;
      // A size or id of 0 is an answer only where the program compares it; following constants shows whether it does.
      if (!core_kind_info(*relocation.kind).is_question) continue;
      const bool about_type = core_kind_info(*relocation.kind).group == CoreGroup::type;
      keys_.insert(key(relocation, about_type ? std::string_view{} : relocation.path));
    }
  }

  /// Whether the program of a relocation was told that what it accesses, or something that this is part of, is absent.
  [[nodiscard]] bool cover(const CoreRelocation& relocation) const {
    if (keys_.contains(key(relocation, {}))) return true;
    const std::string_view path = relocation.path;
    for (std::size_t end = path.find_first_of(".[:"); end != std::string_view::npos;
         end = path.find_first_of(".[:", end + 1)) {
      if (keys_.contains(key(relocation, path.substr(0, end)))) return true;
    }
    return keys_.contains(key(relocation, path));
  }

 private:
  [[nodiscard]] static std::string key(const CoreRelocation& relocation, std::string_view path) {
    return fmt::format("{} {} {}", relocation.program, raw(relocation.access.root), path);
  }

  std::unordered_set<std::string> keys_;
};

/// For each program the constants that relocations put into it.
std::vector<Constants> constants_of(const CoreObject& object, const CoreAnswer& answer) {
  std::vector<Constants> constants(object.programs.size());
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    const CoreRelocation& relocation = object.relocations[i];
    const CoreResult& result = answer.results[i];
    const bool is_constant = relocation.form == CoreForm::alu || relocation.form == CoreForm::load_immediate;
    if (is_constant && result.new_value) constants[relocation.program][relocation.program_insn] = *result.new_value;
  }
  return constants;
}

/// Whether a kernel verifies global functions that nothing calls. Since 6.8 it notes what is called, in a bit that its
/// BTF shows.
bool verifies_globals_alone(const Btf& kernel) {
  for (const TypeId id : kernel.names().find("bpf_func_info_aux")) {
    const TypeView type = kernel.type(id);
    for (std::uint32_t i = 0; type.kind() == Kind::struct_ && i < type.vlen(); ++i) {
      if (kernel.string(type.member(i).name) == "called") return false;
    }
  }
  return true;
}

}  // namespace

void find_guards(const CoreObject& object, const Btf& kernel, CoreAnswer& answer) {
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    CoreResult& result = answer.results[i];
    if (result.may_fail() && object.programs[object.relocations[i].program].is_optional()) {
      result.guard = CoreGuard::not_loaded;
    }
  }
  const auto is_poisoned = [](const CoreResult& result) { return result.verdict == CoreVerdict::poison; };
  if (std::ranges::none_of(answer.results, is_poisoned)) return;
  const Absences absences(object, answer);
  const std::vector<Constants> constants = constants_of(object, answer);
  const BpfCode code{object.programs, object.references, object.order};
  const bool globals_alone = verifies_globals_alone(kernel);
  BpfReach loaded(code, constants, {.globals_alone = globals_alone, .optional = false});
  std::optional<BpfReach> all;  // with the programs that are left out by default
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    if (!is_poisoned(answer.results[i])) continue;
    const CoreRelocation& relocation = object.relocations[i];
    CoreGuard& guard = answer.results[i].guard;
    const bool is_optional = object.programs[relocation.program].is_optional();
    if (is_optional && !all) all.emplace(code, constants, BpfReach::Options{.globals_alone = globals_alone});
    BpfReach& reached = is_optional ? *all : loaded;
    const Reach reach = reached.of(relocation.program, relocation.program_insn);
    if (reach == Reach::never) {
      guard = CoreGuard::unreachable;
    } else if (reach == Reach::perhaps && absences.cover(relocation)) {
      guard = CoreGuard::existence;
    } else if (reached.gave_up()) {
      answer.results[i].findings.push_back(
          {"not-followed", "the object has too much code to tell whether this is guarded"});
    }
  }
}

}  // namespace btfx
