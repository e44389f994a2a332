// The difference between two BTFs or two kernels as text that reads like a unified diff, as JSON, and as a page.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/output.h"
#include "emit/report/html.h"
#include "emit/report/record.h"
#include "results/change.h"

namespace btfx {

/// One side of a comparison.
struct DiffSource {
  std::string name;         ///< as the user gave it
  std::uint64_t types = 0;  ///< compared, modules' included
  std::uint64_t modules = 0;
  std::string release = {};  ///< of a kernel; empty when it is not known
};

/// Everything that a report needs.
struct DiffReport {
  DiffSource before, after;
  bool whole_kernels = false;   ///< modules were compared, too
  bool restricted = false;      ///< only some changes were asked for
  bool complete = true;         ///< everything could be read
  std::vector<Change> changes;  ///< in the order of the report
  std::vector<std::string> modules_added, modules_removed;
  bool judged = false;                  ///< modules were judged
  std::vector<ModuleVerdict> verdicts;  ///< of all that were judged; effects lead to changes of types of `before_base`
  BtfPtr before_base = nullptr;
};

/// How many changes there are of each kind and each severity.
struct DiffCounts {
  std::array<std::uint64_t, 5> by_kind{};    ///< indexed by ChangeKind
  std::array<std::uint64_t, 4> by_impact{};  ///< indexed by Impact
  std::uint64_t consequences = 0;            ///< changes that only follow from others
  std::uint64_t rebuilds = 0;                ///< modules that need one
};
DiffCounts count(const DiffReport& report);

/// Which modules a change matters to.
struct Affected {
  const ModuleVerdict* verdict;
  const Effect* effect;
};
/// For each change of the report, by its place, the modules whose effects lead to it.
std::unordered_map<std::size_t, std::vector<Affected>> affected_modules(const DiffReport& report);

/// A change in a few words: "48 -> 56 bytes, member need_parent_lock added".
std::string summarise(const Change& change);
/// A detail in a few words: "member need_parent_lock added at the end".
std::string summarise(const Detail& detail);
/// Names with commas, the first `limit` of them: "a, b, c and 4 more".
std::string enumerate(const std::vector<std::string>& names, std::size_t limit);

/// A change as JSON has it, without modules.
Record change_record(const Change& change);

struct DiffTextOptions {
  bool color = false;
  bool summary = false;      ///< the overview only
  bool all_modules = false;  ///< lists of modules to rebuild and of others in full, however long
};

/// Writes text: the answer first (how much, of which severity, and which modules must be rebuilt), then an overview,
/// then each change as lines of its declaration.
void write_diff_text(const DiffReport& report, const DiffTextOptions& options, Output& out);
/// Writes the answer in three lines: what was compared, how many changes there are of each severity, and how many
/// modules must be rebuilt.
void write_diff_stat(const DiffReport& report, bool color, Output& out);
/// Writes `{"results":[...],"summary":{...}}`, a record for each change; with `summary` no records.
void write_diff_json(const DiffReport& report, bool summary, bool pretty, Output& out);
/// Writes a page that needs nothing else, neither a network nor a file: the three lines of write_diff_stat(), a list of
/// all changes, and one of all modules that must be rebuilt.
void write_diff_html(const DiffReport& report, const PageOrigin& origin, Output& out);

}  // namespace btfx
