#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/counted.h"
#include "base/palette.h"
#include "base/printable.h"
#include "btf/declared.h"
#include "btf/measure.h"
#include "btf/spelling.h"
#include "emit/report/declaration_lines.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"
#include "emit/report/history_report.h"

namespace btfx {

namespace {

constexpr std::size_t few_names = 12;

/// A run of stages in which an element has one name, or is not there.
struct NameRun {
  std::string name;  ///< empty: it is not there
  KernelRange kernels;
};

std::vector<NameRun> name_runs(const ElementHistory& element) {
  std::vector<NameRun> runs;
  for (const ElementStage& stage : element.stages) {
    const std::string name = stage.state ? stage.state->name : std::string();
    if (!runs.empty() && runs.back().name == name) {
      runs.back().kernels.last = stage.kernels.last;
    } else {
      runs.push_back({name, stage.kernels});
    }
  }
  return runs;
}

std::string times(std::size_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

}  // namespace

std::string range_text(const History& history, const KernelRange& range) {
  const std::string &first = history.kernels[range.first].name, &last = history.kernels[range.last].name;
  const std::size_t count = range.last - range.first + 1;
  return count == 1   ? first
         : count == 2 ? fmt::format("{}, {}", first, last)
                      : fmt::format("{} to {} ({})", first, last, count);
}

std::string story_of(const History& history, const ElementHistory& element) {
  const auto kernel = [&](std::size_t place) { return history.kernels[place].name; };
  const std::size_t last_kernel = history.kernels.size() - 1;
  const std::vector<NameRun> runs = name_runs(element);
  std::string text;
  std::string_view name;  // the last one
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const NameRun& run = runs[i];
    if (run.name.empty()) continue;
    const bool is_first = name.empty(), follows_name = i != 0 && !runs[i - 1].name.empty();
    if (is_first && i != 0) {
      text = "from " + kernel(run.kernels.first);
    } else if (follows_name) {
      text += fmt::format(", then {}", run.name);
    } else if (!is_first) {
      text += fmt::format(", again from {}", kernel(run.kernels.first));
      if (run.name != name) text += fmt::format(" as {}", run.name);
    }
    if (run.kernels.last != last_kernel) {
      text += fmt::format("{}until {}", text.empty() ? "" : " ", kernel(run.kernels.last));
    }
    name = run.name;
  }
  if (text.empty()) text = fmt::format("in all {} kernels", history.kernels.size());

  std::size_t retyped = 0, moved = 0;
  for (std::size_t i = 1; i < element.stages.size(); ++i) {
    const std::optional<ElementState>&before = element.stages[i - 1].state, &after = element.stages[i].state;
    if (!before || !after) continue;
    retyped += before->type != after->type || before->bits != after->bits;
    moved += before->number != after->number;
  }
  const bool is_value = std::ranges::any_of(
      element.stages, [](const ElementStage& stage) { return stage.state && stage.state->type.empty(); });
  if (retyped != 0) text += fmt::format(", retyped {}", times(retyped));
  if (moved != 0) text += fmt::format(", {} {}", is_value ? "another value" : "moved", times(moved));
  return text;
}

std::string story_of(const History& history, const TypeHistory& type) {
  const std::size_t kernels = history.kernels.size();
  if (type.stages.size() == 1) return fmt::format("the same in all {} kernels", kernels);
  std::size_t layouts = 0, holders = 0;
  for (const TypeStage& stage : type.stages) {
    layouts = std::max(layouts, stage.layout);
    if (stage.type.exists()) holders += stage.kernels.last - stage.kernels.first + 1;
  }
  const bool has_layout = is_composite(declared_kind(type.subject().view()));
  const std::string_view word = has_layout ? "layout" : "version";
  if (holders == kernels) return fmt::format("{} {}s in {} kernels", layouts, word, kernels);
  return fmt::format("{} in {} of {} kernels", counted(layouts, word), holders, kernels);
}

std::string place_of(const TypeHistory& type, const ElementState& state) {
  const Kind kind = declared_kind(type.subject().view());
  if (is_enum(kind)) return fmt::format("= {}", value_text(state.number, state.is_signed));
  if (kind == Kind::func) return fmt::format("parameter {}", state.number + 1);
  return fmt::format("byte {}{}", offset_text(state.number),
                     state.bits == 0 ? std::string() : ", " + counted(state.bits, "bit"));
}

std::string stage_text(const TypeStage& stage) {
  if (!stage.type.exists()) return "absent";
  const TypeView type = stage.type.view();
  if (is_forward(type)) return "declared only";
  if (type.kind() == Kind::func || type.kind() == Kind::var) return {};
  const auto size = size_of(*stage.type.btf, stage.type.id);
  return size ? counted(*size, "byte") : std::string();
}

std::string renamings(const Change& change) {
  std::vector<std::string> names;
  for (const Detail& detail : change.details) {
    if (detail.kind() != DetailKind::member_renamed && detail.kind() != DetailKind::param_renamed &&
        detail.kind() != DetailKind::enumerator_reused) {
      continue;
    }
    const DetailFields fields = detail.fields();
    names.push_back(fmt::format("{} -> {}", *fields.old_text, *fields.new_text));
  }
  return enumerate(names, names.size());
}

namespace {

class HistoryWriter {
 public:
  HistoryWriter(const History& history, const HistoryTextOptions& options, Output& out)
      : history_(history), options_(options), out_(out) {}

  void run() {
    std::vector<std::string> names;
    for (const HistoryKernel& kernel : history_.kernels) names.push_back(kernel.name);
    line(styled(Paint::bold, fmt::format("{} kernels: {}", names.size(), printable(enumerate(names, names.size())))));
    put_answer();
    if (options_.stat) {
      put_steps();
    } else {
      for (const TypeHistory& type : history_.types) put(type);
      put_unchanged();
    }
    out_.flush();
  }

 private:
  /// What is in the list of those that never changed.
  [[nodiscard]] static bool is_unchanged(const TypeHistory& type) {
    return type.stages.size() == 1 && !type.is_about_elements;
  }

  [[nodiscard]] std::string styled(Paint paint, std::string_view text) const {
    return painted(options_.color ? paint : Paint::plain, text);
  }
  void line(std::string_view text) {
    out_.write(text);
    out_.write("\n");
  }

  void put_answer() {
    const auto all = history_.types.size();
    const auto changed = static_cast<std::size_t>(std::ranges::count_if(history_.types, &TypeHistory::is_changed));
    if (all == 0) return line("Nothing changed of what was asked for.");
    line(fmt::format("{}: {} changed, {} the same in all kernels", counted(all, "type"), changed, all - changed));
  }

  /// How much changed at which step.
  void put_steps() {
    std::vector<std::size_t> counts(history_.kernels.size());
    for (const TypeHistory& type : history_.types) {
      for (std::size_t i = 1; i < type.stages.size(); ++i) ++counts[type.stages[i].kernels.first];
    }
    std::vector<std::string> steps;
    for (std::size_t i = 1; i < counts.size(); ++i) {
      if (counts[i] != 0) steps.push_back(fmt::format("{} at {}", counts[i], history_.kernels[i].name));
    }
    line("Changes: " + (steps.empty() ? "none" : printable(enumerate(steps, steps.size()))));
  }

  void put(const TypeHistory& type) {
    if (is_unchanged(type)) return;
    line("");
    const std::string name = spell_name(type.subject().view());
    if (type.is_about_elements) {
      for (const ElementHistory& element : type.elements) put(type, name, element);
      return;
    }
    line(styled(Paint::cyan, printable(name)) + ": " + story_of(history_, type));
    std::vector<std::array<std::string, 2>> cells;
    std::array<std::size_t, 2> widths{};
    for (const TypeStage& stage : type.stages) {
      cells.push_back({printable(range_text(history_, stage.kernels)), stage_text(stage)});
      for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], cells.back()[i].size());
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::string text = fmt::format("  {:<{}}  {:<{}}", cells[i][0], widths[0], cells[i][1], widths[1]);
      if (i != 0) {
        const Change& change = type.changes[i - 1];
        text += "  " + styled(paint_of(change.impact), to_string(change.impact)) + ": " + printable(said(type, i));
      }
      line(text.substr(0, text.find_last_not_of(' ') + 1));
    }
    if (options_.summary) return;
    for (std::size_t i = 1; i < type.stages.size(); ++i) put_change(type, i);
  }

  /// What happened on the way to a stage.
  [[nodiscard]] std::string said(const TypeHistory& type, std::size_t i) const {
    std::string text = summarise(type.changes[i - 1]);
    for (std::size_t k = 0; k < i; ++k) {
      if (type.stages[i].layout != 0 && type.stages[k].layout == type.stages[i].layout) {
        return text + ": as in " + history_.kernels[type.stages[k].kernels.first].name;
      }
    }
    return text.empty() ? "declared differently" : text;
  }

  void put_change(const TypeHistory& type, std::size_t i) {
    const Change& change = type.changes[i - 1];
    if (!change.before.exists() || !change.after.exists()) return;  // which says it all
    const std::vector<HunkLine> lines = hunk_lines(change);
    const std::string renamed = renamings(change);
    if (lines.empty() && renamed.empty()) return;
    line("");
    line(styled(Paint::cyan,
                fmt::format("@@ {} -> {} @@", printable(history_.kernels[type.stages[i].kernels.first - 1].name),
                            printable(history_.kernels[type.stages[i].kernels.first].name))) +
         " " + styled(paint_of(change.impact), to_string(change.impact)) + ": " + printable(summarise(change)));
    if (!renamed.empty()) line("   renamed: " + printable(renamed));
    for (const HunkLine& shown : lines) line(styled(paint_of(shown.sort), hunk_text(shown)));
  }

  void put(const TypeHistory& type, const std::string& name, const ElementHistory& element) {
    const auto first = std::ranges::find_if(element.stages, [](const ElementStage& s) { return s.state.has_value(); });
    line(styled(Paint::cyan, printable(fmt::format("{}, {}", name, first->state->name))) + ": " +
         printable(story_of(history_, element)));
    std::vector<std::array<std::string, 4>> cells;
    std::array<std::size_t, 4> widths{};
    for (const ElementStage& stage : element.stages) {
      std::array<std::string, 4> row{range_text(history_, stage.kernels)};
      if (stage.state) {
        row = {row[0], stage.state->name, stage.state->type, place_of(type, *stage.state)};
      } else {
        row[1] = "absent";
      }
      for (std::size_t i = 0; i < widths.size(); ++i) {
        row[i] = printable(row[i]);
        widths[i] = std::max(widths[i], row[i].size());
      }
      cells.push_back(std::move(row));
    }
    for (const std::array<std::string, 4>& row : cells) {
      std::string text;
      for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i] != 0) text += fmt::format("  {:<{}}", row[i], widths[i]);
      }
      line(text.substr(0, text.find_last_not_of(' ') + 1));
    }
  }

  void put_unchanged() {
    std::vector<std::string> names;
    for (const TypeHistory& type : history_.types) {
      if (is_unchanged(type)) names.push_back(spell_name(type.subject().view()));
    }
    if (names.empty()) return;
    line("");
    line("The same in all kernels: " + printable(enumerate(names, options_.all_names ? names.size() : few_names)));
  }

  const History& history_;
  const HistoryTextOptions& options_;
  BufferedOutput out_;
};

}  // namespace

void write_history_text(const History& history, const HistoryTextOptions& options, Output& out) {
  HistoryWriter(history, options, out).run();
}

}  // namespace btfx
