// The one walk over the difference between two kernels, for all styles in which it is reported.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "emit/report/diff_report.h"

namespace btfx {

/// A change with everything that a style may want to know about it.
struct ReportedChange {
  const Change& change;
  const std::vector<std::string>& parts;  ///< parts_of()
  const std::vector<Affected>* affected;  ///< the modules that it matters to; null when there are none
};

/// Where a changed type is now, or else where it was: vmlinux or modules.
inline const std::vector<std::string>& parts_of(const Change& change) {
  return change.parts_after.empty() ? change.parts_before : change.parts_after;
}

/// Walks over a report. A style has these functions, which are called in this order:
///
///     sources()           what is compared
///     answer()            how many changes there are
///     modules()           modules that came and went
///     verdicts()          modules that must be rebuilt; only where modules were judged
///     overview()          before the changes
///     change(ReportedChange)  each change in the report's order, unless only a summary is wanted
///     finish()
template <typename Style>
void walk_diff(const DiffReport& report, bool summary, Style& style) {
  style.sources();
  style.answer();
  style.modules();
  if (report.judged) style.verdicts();
  style.overview();
  const auto affected = affected_modules(report);
  for (std::size_t i = 0; i < report.changes.size() && !summary; ++i) {
    const Change& change = report.changes[i];
    const auto modules = affected.find(i);
    style.change(ReportedChange{change, parts_of(change), modules == affected.end() ? nullptr : &modules->second});
  }
  style.finish();
}

}  // namespace btfx
