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
#include "transform/co_re/bpf_names.h"
#include "transform/co_re/externs.h"
#include "transform/co_re/features.h"

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
    if (is_constant && result.new_value) constants[relocation.program][relocation.program_insn] = result.new_value;
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

/// A call of a function of the kernel that no program can make.
struct BadCall {
  BpfPlace at = {};
  std::size_t external = 0;
};

/// Calls of functions that the kernel does not have, or not for programs.
std::vector<BadCall> bad_calls(const CoreObject& object, const CoreAnswer& answer) {
  std::vector<BadCall> calls;
  const auto is_bad = [](const CoreExternResult& result) {
    return result.state == CoreExternResult::State::zero || !result.is_callable;
  };
  if (std::ranges::none_of(answer.externs, is_bad)) return calls;
  for (const BpfReference& reference : object.references) {
    if (!reference.external || !is_bad(answer.externs[*reference.external])) continue;
    const std::optional<std::size_t> program = find_program(object.programs, reference.section, reference.insn);
    if (!program) continue;
    const std::uint32_t insn = reference.insn - object.programs[*program].first_insn;
    const BpfInsn call =
        BpfInsn::read(object.programs[*program].code.data() + std::size_t{insn} * BpfInsn::size, object.order);
    if (call.class_() == BpfInsn::jmp) calls.push_back({{*program, insn}, *reference.external});
  }
  return calls;
}

/// Looks for the instructions of one object that the verifier of one kernel refuses.
class Judge {
 public:
  Judge(const CoreObject& object, const Btf& kernel, CoreAnswer& answer)
      : object_(object),
        answer_(answer),
        constants_(constants_of(object, answer)),
        externs_(extern_values(object, answer.externs)),
        code_{object.programs, object.references, object.order, externs_},
        globals_alone_(verifies_globals_alone(kernel)),
        loaded_(code_, constants_, {.globals_alone = globals_alone_, .optional = false}) {}

  void judge_poison() {
    const Absences absences(object_, answer_);
    for (std::size_t i = 0; i < answer_.results.size(); ++i) {
      CoreResult& result = answer_.results[i];
      if (result.verdict != CoreVerdict::poison) continue;
      const CoreRelocation& relocation = object_.relocations[i];
      const BpfPlace at{relocation.program, relocation.program_insn};
      refused_.push_back(at);
      BpfReach& reached = reach_of(relocation.program);
      const Reach reach = reached.of(at.program, at.insn);
      if (reach == Reach::never) {
        result.guard = CoreGuard::unreachable;
      } else if (reach == Reach::perhaps && absences.cover(relocation)) {
        result.guard = CoreGuard::existence;
      } else if (reached.gave_up()) {
        result.findings.push_back({"not-followed", "the object has too much code to tell whether this is guarded"});
      }
    }
  }

  void judge_calls(std::span<const BadCall> calls) {
    for (const BadCall& call : calls) {
      refused_.push_back(call.at);
      if (loaded_.of(call.at.program, call.at.insn) == Reach::never) continue;
      CoreExternResult& result = answer_.externs[call.external];
      if (result.is_called) continue;
      result.is_called = true;
      result.message += fmt::format("{}and {} calls it at instruction {}", result.message.empty() ? "" : ", ",
                                    object_.programs[call.at.program].name, call.at.insn);
    }
  }

  /// Tells of each helper once, or where only programs that libbpf loads on request come first, once more.
  void judge_helpers(std::span<const CoreHelperCall> calls) {
    std::unordered_set<std::uint32_t> told, noted;
    for (const CoreHelperCall& call : calls) {
      refused_.push_back(call.at);
      const BpfProgram& program = object_.programs[call.at.program];
      if (told.contains(call.helper) || (program.is_optional() && noted.contains(call.helper)) ||
          reach_of(call.at.program).of(call.at.program, call.at.insn) == Reach::never) {
        continue;
      }
      (program.is_optional() ? noted : told).insert(call.helper);
      answer_.findings.push_back({program.is_optional() ? Severity::note : Severity::warning, "helper",
                                  fmt::format("the kernel has no {}, which {} calls at instruction {}",
                                              helper_name(call.helper), program.name, call.at.insn)});
    }
  }

  void judge_target(const ResolvedTarget& target, CoreTargetResult& result) {
    for (const ContextRead& read : target.beyond) {
      if (result.at_load) refused_.push_back(read.at);
      if (reach_of(read.program).of(read.at.program, read.at.insn) == Reach::never) continue;
      result.state = result.at_load ? CoreTargetResult::State::unknown : CoreTargetResult::State::unfit;
      result.message = target.misread;
    }
  }

  void find_doomed() { answer_.doomed = loaded_.surely_meeting(refused_); }

 private:
  /// With or without the programs that are left out by default.
  BpfReach& reach_of(std::size_t program) {
    if (!object_.programs[program].is_optional()) return loaded_;
    if (!all_) all_.emplace(code_, constants_, BpfReach::Options{.globals_alone = globals_alone_});
    return *all_;
  }

  const CoreObject& object_;
  CoreAnswer& answer_;
  std::vector<Constants> constants_;
  std::vector<BpfExternValue> externs_;
  BpfCode code_;
  bool globals_alone_;
  BpfReach loaded_;
  std::optional<BpfReach> all_;
  std::vector<BpfPlace> refused_;  // all that the verifier must not come to
};

}  // namespace

void judge_core(const CoreObject& object, const Btf& kernel, std::span<const ResolvedTarget> targets,
                CoreAnswer& answer) {
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    CoreResult& result = answer.results[i];
    if (result.may_fail() && object.programs[object.relocations[i].program].is_optional()) {
      result.guard = CoreGuard::not_loaded;
    }
  }
  const auto is_poisoned = [](const CoreResult& result) { return result.verdict == CoreVerdict::poison; };
  const auto reads_beyond = [](const ResolvedTarget& target) { return !target.beyond.empty(); };
  const std::vector<BadCall> calls = bad_calls(object, answer);
  const std::vector<CoreHelperCall> helpers = missing_helpers(object, kernel);
  if (std::ranges::none_of(answer.results, is_poisoned) && std::ranges::none_of(targets, reads_beyond) &&
      calls.empty() && helpers.empty()) {
    return;
  }
  Judge judge(object, kernel, answer);
  judge.judge_poison();
  judge.judge_calls(calls);
  judge.judge_helpers(helpers);
  for (std::size_t i = 0; i < targets.size(); ++i) judge.judge_target(targets[i], answer.targets[i]);
  judge.find_doomed();
}

}  // namespace btfx
