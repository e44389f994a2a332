#include "transform/relocate/relocation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "btf/spelling.h"
#include "transform/relocate/module_uses.h"

namespace btfx {

namespace {

/// "48 bytes when the module was built, 56 bytes in the base".
std::string sizes(TypeView then, TypeView now) {
  return fmt::format("{} bytes when the module was built, {} bytes in the base", then.size(), now.size());
}

std::string list_candidates(const Btf& btf, const std::vector<TypeId>& ids) {
  std::string text;
  for (const TypeId id : ids) text += (text.empty() ? "" : "; ") + describe_candidate(btf, id);
  return text;
}

/// What makes a kernel misread or refuse the BTF, however well its types fit.
Diagnostics module_findings(const Btf& split, const Btf& target) {
  Diagnostics findings;
  const Btf& distilled = *split.base();
  if (split.byte_order() != target.byte_order() || distilled.byte_order() != target.byte_order()) {
    findings.push_back(
        {Severity::warning,
         "byte-order",
         fmt::format(".BTF is {}-endian, .BTF.base {}-endian, the base {}-endian: a kernel takes only "
                     "its own byte order",
                     to_string(split.byte_order()), to_string(distilled.byte_order()), to_string(target.byte_order())),
         {}});
  }
  if (distilled.own_types() == 0 && split.own_types() != 0) {
    findings.push_back({Severity::warning,
                        "empty-base",
                        "the distilled base holds no type: kernels count one id less in such a base, and read every "
                        "id one too low",
                        {.section = ".BTF.base"}});
  }
  return findings;
}

/// What the rules that were followed say about a type.
std::string_view status_of(const TypeFit& fit, bool strict) {
  if (strict) return fit.sound_target == void_id ? "fails" : "mapped";
  switch (fit.kernel) {
    case TypeFit::Kernel::mapped:
      return "mapped";
    case TypeFit::Kernel::missing:
      return "missing";
    default:
      return "ambiguous";
  }
}

TypeId target_of(const TypeFit& fit, bool strict) {
  return strict || fit.kernel != TypeFit::Kernel::mapped ? fit.sound_target : fit.kernel_target;
}

/// How many distilled types keep the module from being relocated.
std::size_t misfits(const std::vector<RelocationFinding>& findings) {
  std::set<std::uint32_t> ids;
  for (const RelocationFinding& finding : findings) {
    const Diagnostic& said = finding.diagnostic;
    if (said.severity == Severity::error && said.place.section == ".BTF.base")
      ids.insert(said.place.type_id.value_or(0));
  }
  return ids.size();
}

}  // namespace

std::string describe_candidate(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(id);
  if (type.kind() == Kind::fwd) {
    return fmt::format("FWD {} [{}], declaring a {}", type.name(), raw(id), type.kind_flag() ? "union" : "struct");
  }
  return fmt::format("{} {} [{}], {} bytes", kind_info(type.kind()).name, type.name(), raw(id), type.size());
}

std::vector<RelocationFinding> RelocationReporter::report(const Btf& split, const Relocation& relocation) const {
  std::vector<RelocationFinding> findings;
  for (Diagnostic& finding : module_findings(split, *target_.btf())) findings.push_back({std::move(finding), {}});
  ModuleUses uses(split);
  for (const TypeFit& fit : relocation.types) {
    for (std::size_t i = 0; fit.findings >> i != 0; ++i) {
      const auto finding = static_cast<FitFinding>(i);
      if (!fit.has(finding) || (!notes_ && fit_finding_info(finding).severity == Severity::note)) continue;
      const TypeView wanted = split.type(fit.id);
      const std::string why =
          fit_finding_info(finding).severity != Severity::note ? need(uses, fit, finding) : std::string();
      RelocationFinding entry{
          .diagnostic = {severity(fit, finding),
                         fit_finding_info(finding).code,
                         fmt::format("{} {}: {}{}{}", kind_info(wanted.kind()).name, wanted.name(),
                                     sentence(split, fit, finding, relocation, uses), why, sound_answer(fit, finding)),
                         {.section = ".BTF.base", .type_id = raw(fit.id)}},
          .candidates = {},
          .changes = changes(split, fit, finding, relocation)};
      if (finding != FitFinding::merged && fit_finding_info(finding).severity != Severity::note) {
        const auto first = relocation.candidates.begin() + fit.first_candidate;
        entry.candidates.assign(first, first + fit.candidates);
      }
      findings.push_back(std::move(entry));
    }
  }
  for (const auto& [type, name] : relocation.string_gaps) {
    findings.push_back(
        {{"string-gap",
          fmt::format("uses the string '{}' of the distilled base, which is not the name of a type there, "
                      "so it cannot be mapped",
                      split.string(name)),
          {.section = ".BTF", .type_id = raw(type)}},
         {}});
  }
  for (const TypeId id : relocation.foreign_forwards) {
    const TypeView type = split.type(id);
    findings.push_back({{"foreign-fwd",
                         fmt::format("{} {} is declared, but neither the module nor the base defines it",
                                     type.kind_flag() ? "union" : "struct", type.name()),
                         {.section = ".BTF", .type_id = raw(id)}},
                        {}});
  }
  return findings;
}

RelocationAnswer answer_of(const Btf& split, const Btf& target, const Relocation& relocation,
                           std::vector<RelocationFinding> findings, bool strict, bool with_types) {
  RelocationAnswer answer{.split = &split,
                          .target = &target,
                          .relocates = relocation.succeeded(),
                          .sound = relocation.sound,
                          .strict = strict,
                          .kernel_failure = relocation.kernel_failure,
                          .base_types = relocation.types.size(),
                          .misfits = misfits(findings)};
  answer.findings = std::move(findings);
  if (!with_types) return answer;
  ModuleUses uses(split);
  for (const TypeFit& fit : relocation.types) {
    answer.types.push_back(
        {fit.id, uses.describe(fit), status_of(fit, strict), target_of(fit, strict), fit.sound_target});
  }
  return answer;
}

Severity RelocationReporter::severity(const TypeFit& fit, FitFinding finding) const {
  const Severity sound = fit_finding_info(finding).severity;
  if (sound == Severity::note || finding == FitFinding::merged) return sound;
  if (strict_) {
    return fit.sound_target == void_id && sound == Severity::error ? Severity::error : Severity::warning;
  }
  return fit.kernel == TypeFit::Kernel::mapped ? Severity::warning : Severity::error;
}

std::string RelocationReporter::sentence(const Btf& split, const TypeFit& fit, FitFinding finding,
                                         const Relocation& relocation, ModuleUses& uses) const {
  const Btf& base = *target_.btf();
  const TypeView wanted = split.type(fit.id);
  const std::vector<TypeId> candidates(relocation.candidates.begin() + fit.first_candidate,
                                       relocation.candidates.begin() + fit.first_candidate + fit.candidates);
  // The candidate of the same kind, whose size the sentence gives.
  const auto same_kind = [&]() -> TypeView {
    for (const TypeId id : candidates) {
      const TypeView type = base.type(id);
      const bool same = is_enum(wanted.kind()) ? is_enum(type.kind()) : type.kind() == wanted.kind();
      const bool size_matters = finding != FitFinding::int_encoding;
      if (same && (type.size() != wanted.size()) == size_matters) return type;
    }
    return base.type(fit.sound_target);
  };
  switch (finding) {
    case FitFinding::missing:
      if (candidates.empty()) return "the base has no type of that name";
      return "the base has no type of that name and kind, only " + list_candidates(base, candidates);
    case FitFinding::member_size:
    case FitFinding::byvalue_size: {
      const std::string use = uses.describe(fit);
      return sizes(wanted, same_kind()) + (use.empty() ? "" : ", and " + use + " holds it by value");
    }
    case FitFinding::pointer_size:
      return sizes(wanted, same_kind()) + "; the module has only pointers to it";
    case FitFinding::ambiguous:
      return "the base has several of that name, kind and size: " + list_candidates(base, candidates);
    case FitFinding::ambiguous_pointer:
      return "the kernel cannot choose between several of that name: " + list_candidates(base, candidates);
    case FitFinding::wrong_kind:
      return "the kernel takes " + describe_candidate(base, fit.kernel_target) + " for it, which is something else";
    case FitFinding::kind_clash:
      return "types of several kinds bear that name, which the kernel does not tell apart: " +
             list_candidates(base, candidates);
    case FitFinding::forward_rule: {
      const TypeView chosen = base.type(fit.sound_target);
      return fmt::format("the kernel does not let {} stand for this declaration, because it has {}bitfields",
                         describe_candidate(base, fit.sound_target), chosen.kind_flag() ? "" : "no ");
    }
    case FitFinding::forward_and_struct:
      if (fit.kernel == TypeFit::Kernel::mapped) {
        return fmt::format("the kernel takes {} for it, although {} defines it",
                           describe_candidate(base, fit.kernel_target), describe_candidate(base, fit.sound_target));
      }
      return "the kernel cannot choose between a declaration and its definition: " + list_candidates(base, candidates);
    case FitFinding::merged: {
      const TypeId target = fit.kernel == TypeFit::Kernel::mapped ? fit.kernel_target : fit.sound_target;
      return "becomes the same type as another type of the module: " + describe_candidate(base, target);
    }
    case FitFinding::int_encoding:
      return fmt::format("{} when the module was built, {} in the base", encoding_name(wanted.int_encoding()),
                         encoding_name(same_kind().int_encoding()));
    case FitFinding::enum_only_size:
      return "matched by name and size; its enumerators are not compared";
  }
  return {};
}

/// Why the module needs a type, or what else needs it, where the sentence does not say so.
std::string RelocationReporter::need(ModuleUses& uses, const TypeFit& fit, FitFinding finding) const {
  if (finding == FitFinding::merged) return {};
  const bool is_said = finding == FitFinding::member_size || finding == FitFinding::byvalue_size;
  if (is_said && fit.uses != 0) return fit.has(HeldAs::member) ? uses.describe_others(fit) : "";
  if (fit.uses != 0) return "; " + uses.describe(fit) + " holds it by value";
  const std::string by = uses.describe_need(fit.id);
  return by.empty() ? by : "; needed by " + by;
}

/// What the sound rules say, where the kernel's rules were followed and the sentence does not say it.
std::string RelocationReporter::sound_answer(const TypeFit& fit, FitFinding finding) const {
  const bool is_known = fit.sound_target != void_id;
  switch (finding) {
    case FitFinding::byvalue_size:
      return !strict_ && fit.kernel == TypeFit::Kernel::mapped ? "; the kernel does not notice" : "";
    case FitFinding::wrong_kind:
      if (!is_known) return strict_ ? "" : "; by kind and size there is none";
      [[fallthrough]];
    case FitFinding::kind_clash:
      return is_known ? "; by kind and size it is " + describe_candidate(*target_.btf(), fit.sound_target) : "";
    case FitFinding::forward_and_struct:
      return is_known && fit.kernel != TypeFit::Kernel::mapped
                 ? "; by kind and size it is " + describe_candidate(*target_.btf(), fit.sound_target)
                 : "";
    case FitFinding::ambiguous_pointer:
      return is_known ? "; by kind and size any of them would do" : "";
    default:
      return {};
  }
}

std::vector<std::string> RelocationReporter::changes(const Btf& split, const TypeFit& fit, FitFinding finding,
                                                     const Relocation& relocation) const {
  if (growth_ == nullptr || (finding != FitFinding::member_size && finding != FitFinding::byvalue_size)) return {};
  const TypeView wanted = split.type(fit.id);
  if (!is_composite(wanted.kind())) return {};
  const TypeId before = find_composite(growth_->origin(), wanted.kind(), wanted.name(), wanted.size());
  if (before == void_id) return {};
  for (std::uint32_t i = 0; i < fit.candidates; ++i) {
    const TypeId after = relocation.candidates[fit.first_candidate + i];
    if (target_.btf()->type(after).kind() == wanted.kind()) return growth_->explain(before, after);
  }
  return {};
}

}  // namespace btfx
