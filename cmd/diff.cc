// diff: what changed between two BTFs or two kernels, and which modules it breaks.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "cmd/cli/command.h"
#include "cmd/cli/report_format.h"
#include "cmd/cli/suggest.h"
#include "cmd/comparing.h"
#include "emit/report/diff_report.h"

namespace btfx {

namespace {

struct DiffOptions {
  ComparisonRequest request;
  std::vector<std::string> more_modules;  ///< further arguments after --affects
  std::vector<std::string> names;
  std::vector<Kind> kinds;
  std::vector<ChangeKind> changes;
  Impact least = Impact::compatible;
  std::optional<ReportFormat> format;
  bool summary = false;
};

constexpr std::array<ChangeKind, 5> change_kinds{ChangeKind::added, ChangeKind::removed, ChangeKind::renamed,
                                                 ChangeKind::moved, ChangeKind::changed};

/// Takes a list such as `struct,union,removed`.
void parse_only(const std::string& list, DiffOptions& options) {
  for (std::string_view rest = list; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string word(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto change = std::ranges::find(change_kinds, word, [](ChangeKind kind) { return to_string(kind); });
    if (change != change_kinds.end()) {
      options.changes.push_back(*change);
    } else if (const std::optional<Kind> kind = kind_of_name(word)) {
      options.kinds.push_back(*kind == Kind::enum64 ? Kind::enum_ : *kind);
    } else {
      std::vector<std::string> known = kind_words();
      for (const ChangeKind kind_of_change : change_kinds) known.emplace_back(to_string(kind_of_change));
      throw Error(ErrorCode::usage,
                  fmt::format("'{}' is neither a kind of types nor of changes{}", word, did_you_mean(word, known)));
    }
  }
}

bool matches(const DiffOptions& options, const Change& change) {
  const auto any_side = [&](auto&& test) {
    return (change.before.exists() && test(change.before.view())) ||
           (change.after.exists() && test(change.after.view()));
  };
  if (change.impact < options.least) return false;
  if (!options.changes.empty() && std::ranges::find(options.changes, change.kind) == options.changes.end())
    return false;
  const bool right_kind = options.kinds.empty() || any_side([&](TypeView type) {
                            return std::ranges::any_of(options.kinds, [&](Kind kind) {
                              return kind == type.kind() || kind == declared_kind(type);
                            });
                          });
  return right_kind && (options.names.empty() || any_side([&](TypeView type) {
                          return !type.name().empty() &&
                                 matches_any_glob(options.names, type.btf().c_string(type.name_offset()));
                        }));
}

/// Leaves only what was asked for.
void filter(const DiffOptions& options, DiffReport& report) {
  report.restricted = !options.changes.empty() || !options.kinds.empty() || !options.names.empty() ||
                      options.least != Impact::compatible || !options.request.affects.empty();
  if (!options.request.affects.empty()) {
    const auto affected = affected_modules(report);
    std::vector<Change> kept;
    for (std::size_t i = 0; i < report.changes.size(); ++i) {
      if (affected.contains(i)) kept.push_back(std::move(report.changes[i]));
    }
    report.changes = std::move(kept);
  }
  std::erase_if(report.changes, [&](const Change& change) { return !matches(options, change); });
}

Status run_diff(const Context& context, DiffOptions options) {
  ComparisonRequest& request = options.request;
  if (request.affects.empty() && !options.more_modules.empty()) {
    throw Error(ErrorCode::usage, fmt::format("unexpected argument '{}': modules to be judged follow --affects",
                                              options.more_modules.front()));
  }
  request.affects.insert(request.affects.end(), options.more_modules.begin(), options.more_modules.end());
  const ReportFormat format = report_format(context, options.format);
  Comparison comparison = compare_sources(request, context);
  DiffReport& report = comparison.report;
  filter(options, report);
  // Now: the report holds what was asked for, and nothing else.
  switch (format) {
    case ReportFormat::text:
      write_diff_text(report, {.color = context.out_color, .summary = options.summary}, context.out);
      break;
    case ReportFormat::json:
      write_diff_json(report, options.summary, context.global.pretty, context.out);
      break;
    case ReportFormat::html:
      write_diff_html(report, context.out);
      break;
  }
  if (!comparison.complete) return Status::trouble;
  // A module may need a rebuild for a reason that is no change, such as an ambiguous name, or a symbol that is gone.
  if ((!request.affects.empty() || !report.restricted) &&
      std::ranges::any_of(report.verdicts, &ModuleVerdict::needs_rebuild)) {
    return Status::no;
  }
  const bool same_modules = report.modules_added.empty() && report.modules_removed.empty();
  return report.changes.empty() && (report.restricted || same_modules) ? Status::yes : Status::no;
}

}  // namespace

Command make_diff_command() {
  const auto options = std::make_shared<DiffOptions>();
  Command command;
  command.name = "diff";
  command.options.push_back({.names = "OLD",
                             .argument = "OLD",
                             .help = "The old BTF or kernel",
                             .complete = Complete::module,
                             .required = true,
                             .set = [options](const std::string& value) { options->request.before = value; }});
  command.options.push_back({.names = "NEW",
                             .argument = "NEW",
                             .help = "The new BTF or kernel",
                             .complete = Complete::module,
                             .required = true,
                             .set = [options](const std::string& value) { options->request.after = value; }});
  command.list("MODULE", "MODULE", options->more_modules, "With `--affects`: more modules", Complete::module);
  command.value("--old-base", "SOURCE", options->request.before_base, "The base of OLD", Complete::source);
  command.value("--new-base", "SOURCE", options->request.after_base, "The base of NEW", Complete::source);
  command.list("--affects", "MODULE", options->request.affects,
               "Show only what these modules, built for OLD, depend on, and whether they need a rebuild for NEW",
               Complete::module);
  command.options.push_back({.names = "--only",
                             .argument = "KINDS",
                             .help = "Show only types of these kinds (struct, func, ...) and these sorts of changes "
                                     "(added, removed, changed, renamed, moved), separated by commas",
                             .complete = Complete::kind,
                             .repeatable = true,
                             .set = [options](const std::string& value) { parse_only(value, *options); }});
  command.globs("--name", options->names, "Show only names that match a shell pattern; several with commas");
  command.choice("--severity", "SEVERITY", options->least, "Show only changes that are at least this severe",
                 std::vector<Choice<Impact>>{{"layout", Impact::layout, "a size or an offset changed"},
                                             {"signature", Impact::signature, "a type changed, but no size or offset"},
                                             {"value", Impact::value, "an enumerator changed its value"},
                                             {"compatible", Impact::compatible, "existing code does not notice"},
                                             {"name-only", Impact::compatible, "the same as compatible"}});
  add_format_option(command, options->format);
  command.flag("--summary", options->summary, "Print at most one line per change, and no declarations");
  command.reports = [] { return true; };
  command.run = [options](const Context& context) { return run_diff(context, *options); };
  return command;
}

}  // namespace btfx
