#include "transform/relocate/affects.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "btf/declared.h"
#include "btf/spelling.h"
#include "transform/relocate/distill.h"

namespace btfx {

namespace {

Dependence dependence_of(const TypeFit& fit, TypeView type) {
  if (!is_composite(type.kind()) && type.kind() != Kind::fwd) return Dependence::named;
  if (fit.has(HeldAs::member) || fit.has(HeldAs::variable) || fit.has(HeldAs::array)) return Dependence::embedded;
  return fit.has(HeldAs::parameter) ? Dependence::passed : Dependence::pointer;
}

/// Whether a module with this type must be built again: the kernel refuses it, or overlooks that it must be refused.
bool is_refused(const TypeFit& fit) {
  return fit.kernel != TypeFit::Kernel::mapped || fit.has(FitFinding::member_size) ||
         fit.has(FitFinding::byvalue_size) || fit.has(FitFinding::wrong_kind) || fit.has(FitFinding::int_encoding);
}

/// The gravest finding about a type that does not fit.
std::string_view reason_of(const TypeFit& fit) {
  std::string_view reason = fit.kernel == TypeFit::Kernel::ambiguous ? "ambiguous" : "missing";
  auto gravest = Severity::note;
  for (std::size_t i = 0; i < fit_finding_table.size(); ++i) {
    if (!fit.has(static_cast<FitFinding>(i)) || fit_finding_table[i].severity <= gravest) continue;
    gravest = fit_finding_table[i].severity;
    reason = fit_finding_table[i].code.word();
  }
  return reason;
}

/// Whether a base has a function or variable of that name.
bool declares_symbol(const Btf& base, std::string_view name) {
  // NOLINTNEXTLINE(readability-use-anyofallof): what is found is not a range of the library
  for (const TypeId id : base.names().find(name)) {
    const Kind kind = base.type(id).kind();
    if (kind == Kind::func || kind == Kind::var) return true;
  }
  return false;
}

}  // namespace

Affects::Affects(const Diff& bases)
    : bases_(bases), target_(bases.after->btf_ptr()), links_(*bases.before->btf_ptr(), *bases.after->btf_ptr()) {
  for (const Change& change : bases_.changes) {
    if (!change.before.exists()) continue;
    const TypeView type = change.before.view();
    if (type.kind() == Kind::func || type.kind() == Kind::var) {
      symbols_[type.name()].push_back(&change);
    } else if (type.kind() == Kind::typedef_) {
      typedefs_.push_back(&change);
    } else if (!type.name().empty()) {
      by_key_[declaration_key(declared_kind(type), type.name())].push_back(&change);
    }
  }
}

/// The change of what a type of a distilled base stands for. Where the name has several variants the size tells.
const Change* Affects::find(TypeView distilled) const {
  const auto found = by_key_.find(declaration_key(declared_kind(distilled), distilled.name()));
  if (found == by_key_.end()) return nullptr;
  const auto same_size = [&](const Change* change) {
    const TypeView type = change->before.view();
    return is_forward(distilled) || is_forward(type) || type.size() == distilled.size();
  };
  const auto first = std::ranges::find_if(found->second, same_size);
  return first == found->second.end() ? nullptr : *first;
}

void Affects::add_types(ModuleVerdict& verdict, const Btf& distilled, const Relocation& relocation) const {
  for (const TypeFit& fit : relocation.types) {
    const TypeView type = distilled.type(fit.id);
    const bool refused = is_refused(fit);
    verdict.needs_rebuild = verdict.needs_rebuild || refused;
    const Change* change = find(type);
    if (change == nullptr) {
      if (refused) verdict.others.push_back(spell_name(type) + ": " + std::string(reason_of(fit)));
    } else if (refused || change->impact != Impact::compatible) {
      verdict.effects.push_back({change->before.id, dependence_of(fit, type), change->impact, refused,
                                 refused ? std::string(reason_of(fit)) : std::string()});
    }
  }
}

ModuleVerdict Affects::judge(std::string name, const BtfPtr& module, bool is_distilled,
                             std::span<const std::string_view> imports) const {
  ModuleVerdict verdict;
  verdict.module = std::move(name);
  BtfPtr split = module;
  std::optional<DistillSketch> sketch;
  if (!is_distilled) {
    static thread_local Distiller distiller;
    sketch = distiller.sketch(module);
    for (const Change* change : typedefs_) {
      if (change->impact == Impact::compatible || !sketch->ids.find(change->before.id)) continue;
      verdict.effects.push_back({change->before.id, Dependence::named, change->impact});
    }
    split = sketch->split;
  }
  static thread_local Relocator relocator;
  const Relocation relocation =
      relocator.run(*split, target_,
                    {.verdict_only = true,
                     .origins = sketch ? &sketch->origins : nullptr,
                     .links = sketch && module->base() == bases_.before->btf_ptr() ? &links_ : nullptr});
  verdict.needs_rebuild = relocation.kernel_failure.has_value();
  if (relocation.kernel_failure) verdict.message = relocation.kernel_failure->message;
  add_types(verdict, *split->base(), relocation);
  for (const std::string_view import : imports) {
    const bool is_lost = !declares_symbol(*bases_.after->btf_ptr(), import);
    const auto found = symbols_.find(import);
    if (found == symbols_.end()) {
      if (is_lost) verdict.unknown_imports.emplace_back(import);
      continue;
    }
    for (const Change* change : found->second) {
      if (change->impact == Impact::compatible && !is_lost) continue;
      verdict.effects.push_back({change->before.id, Dependence::called, change->impact, is_lost,
                                 std::string(is_lost ? lost_symbol_reason : ""), std::string(import)});
      verdict.needs_rebuild = verdict.needs_rebuild || is_lost;
    }
  }
  std::ranges::stable_sort(verdict.effects, {}, [](const Effect& effect) {
    return std::tuple(!effect.refused, -static_cast<int>(effect.impact), effect.dependence);
  });
  return verdict;
}

}  // namespace btfx
