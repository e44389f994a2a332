#include "transform/distill_check.h"

#include <fmt/format.h>

#include "btf/names.h"
#include "transform/relocation_report.h"

namespace btfx {

Diagnostics DistillChecker::check(const Distilled& distilled) const {
  const BtfPtr small = Btf::parse(distilled.base);
  const BtfPtr split = Btf::parse(distilled.split, small);
  if (is_plain(distilled)) return {};
  std::call_once(once_, [this] { target_ = std::make_unique<const RelocationTarget>(base_); });
  const Relocation relocation = Relocator().run(*split, *target_);
  Diagnostics findings;
  if (!relocation.succeeded()) {
    for (RelocationFinding& found : RelocationReporter(*target_, nullptr, false, false).report(*split, relocation)) {
      if (found.diagnostic.severity != Severity::error) continue;
      found.diagnostic.code = "self-relocation";
      found.diagnostic.text += "; so the module could not even be loaded on the kernel it was built for";
      findings.push_back(std::move(found.diagnostic));
    }
    return findings;
  }
  for (std::size_t i = 0; i < distilled.origins.size(); ++i) {
    const TypeId id{static_cast<std::uint32_t>(i) + 1};
    const std::optional<TypeId> now = relocation.find(id);
    if (now == distilled.origins[i]) continue;
    findings.push_back({Severity::error,
                        "self-relocation",
                        fmt::format("{} would become {} on the kernel it was built for",
                                    describe_candidate(*base_, distilled.origins[i]), describe_candidate(*base_, *now)),
                        {.section = ".BTF.base", .type_id = raw(id)}});
  }
  return findings;
}

/// Whether nothing in the base shares a distilled type's name, so that each can only be mapped to where it came from.
bool DistillChecker::is_plain(const Distilled& distilled) const {
  for (const TypeId origin : distilled.origins) {
    const std::string_view name = base_->type(origin).name();
    if (name.empty()) return false;
    for (const TypeId other : base_->names().find(name)) {
      if (other != origin && is_relocation_candidate(base_->type(other).kind())) return false;
    }
  }
  return true;
}

}  // namespace btfx
