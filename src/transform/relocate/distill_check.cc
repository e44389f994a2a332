#include "transform/relocate/distill_check.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "btf/names.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

bool maps_back_plainly(std::span<const TypeId> origins, const RelocationTarget& base) {
  const Btf& btf = *base.btf();
  if (!btf.names().find(std::string_view()).empty()) return false;
  for (const TypeId origin : origins) {
    if (btf.type(origin).name().empty()) return false;
    for (const TypeId other : base.namesakes().find(origin)) {
      if (other != origin && is_relocation_candidate(btf.type(other).kind())) return false;
    }
  }
  return true;
}

Diagnostics check_distilled(const Distilled& distilled, const RelocationTarget& base) {
  // Parsing it can fail for one reason only.
  if (!distilled.has_long_strings && maps_back_plainly(distilled.origins, base)) return {};
  const BtfPtr split = parse_distilled(distilled);
  if (maps_back_plainly(distilled.origins, base)) return {};
  const Relocation relocation = Relocator().run(*split, base);
  Diagnostics findings;
  if (!relocation.succeeded()) {
    const auto add = [&](Diagnostic finding) {
      finding.code = "self-relocation";
      finding.judge(Severity::error);
      finding.text += "; so the module could not even be loaded on the kernel it was built for";
      findings.push_back(std::move(finding));
    };
    for (RelocationFinding& found : RelocationReporter(base, nullptr, false, false).report(*split, relocation)) {
      if (found.diagnostic.severity == Severity::error) add(std::move(found.diagnostic));
    }
    // A failure that the base alone causes belongs to no type.
    if (findings.empty()) add({"self-relocation", relocation.kernel_failure->message, {.section = ".BTF.base"}});
    return findings;
  }
  for (std::size_t i = 0; i < distilled.origins.size(); ++i) {
    const TypeId id{static_cast<std::uint32_t>(i) + 1};
    const std::optional<TypeId> now = relocation.find(id);
    if (now == distilled.origins[i]) continue;
    findings.push_back(
        {"self-relocation",
         fmt::format("{} would become {} on the kernel it was built for",
                     describe_candidate(*base.btf(), distilled.origins[i]), describe_candidate(*base.btf(), *now)),
         {.section = ".BTF.base", .type_id = raw(id)}});
  }
  return findings;
}

}  // namespace btfx
