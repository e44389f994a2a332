// The life of types through several kernels as text, as JSON, and as a page with a timeline.
#pragma once

#include <string>

#include "base/output.h"
#include "emit/report/html.h"
#include "results/history.h"

namespace btfx {

/// Kernels by their names: `6.12.115, 6.12.117`, or `6.18.15 to 7.3-rc7 (4)`.
std::string range_text(const History& history, const KernelRange& range);
/// What became of an element in a few words, seen from its first name: "until 6.12.117, then nr_queued".
std::string story_of(const History& history, const ElementHistory& element);
/// What became of a type: "3 layouts in 6 kernels", "the same in all 6 kernels".
std::string story_of(const History& history, const TypeHistory& type);
/// Where an element is, or what it is worth: "byte 16", "byte 12:3, 1 bit", "= 4", "parameter 1".
std::string place_of(const TypeHistory& type, const ElementState& state);
/// A stage of a type in a few words: its size, "declared only", "absent", or nothing.
std::string stage_text(const TypeStage& stage);
/// The members that a change renamed: "nr_running -> nr_queued, ..."; empty when there are none.
std::string renamings(const Change& change);

struct HistoryTextOptions {
  bool color = false;
  bool summary = false;    ///< the stages only, no declarations
  bool stat = false;       ///< three lines
  bool all_names = false;  ///< lists of names in full, however long
};

/// Writes text: the kernels, then for each type the kernels that share it, and what changed between them.
void write_history_text(const History& history, const HistoryTextOptions& options, Output& out);
/// Writes `{"results":[...],"summary":{...}}`, a record for each type; with `summary` no records.
void write_history_json(const History& history, bool summary, bool pretty, Output& out);
/// A page that needs nothing but itself: for each type a timeline with a column for each kernel. It stays below 1.5 MB:
/// declarations are left out when it gets larger, then types, and the page says so.
std::string history_page(const History& history, const PageOrigin& origin);

}  // namespace btfx
