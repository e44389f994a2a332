#include "results/check.h"

#include <algorithm>

namespace btfx {

std::string_view to_string(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::ok:
      return "ok";
    case CheckOutcome::no_btf:
      return "no BTF";
    case CheckOutcome::unrelocatable:
      return "does not relocate";
    case CheckOutcome::mismatch:
      return "mismatch";
    default:
      return "invalid";
  }
}

const Diagnostic* CheckResult::reason() const {
  const auto error = std::ranges::find(findings, Severity::error, &Diagnostic::severity);
  return error == findings.end() ? nullptr : &*error;
}

const Diagnostic* CheckResult::find(FindingCode code) const {
  const auto found =
      std::ranges::find_if(findings, [&](const Diagnostic& finding) { return finding.code.word() == code.word(); });
  return found == findings.end() ? nullptr : &*found;
}

CheckOutcome Checked::worst() const {
  CheckOutcome worst = CheckOutcome::ok;
  for (const CheckedOn& on_base : on) worst = std::max(worst, on_base.result.outcome);
  return worst;
}

}  // namespace btfx
