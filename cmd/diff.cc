// diff: what changed between two BTFs or two kernels, and which modules it breaks.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/glob.h"
#include "base/output.h"
#include "base/suggest.h"
#include "btf/declared.h"
#include "btf/names.h"
#include "cmd/cli/command.h"
#include "cmd/cli/report_format.h"
#include "cmd/page_origin.h"
#include "emit/report/diff_report.h"
#include "emit/report/history_report.h"
#include "image/package_summary.h"
#include "run/outputs/destination.h"
#include "run/reading/asked_names.h"
#include "run/reading/comparing.h"
#include "run/reading/history.h"

namespace btfx {

namespace {

struct DiffOptions {
  ComparisonRequest request;
  std::vector<std::string> more;  ///< further arguments: modules after --affects, or else kernels
  std::vector<std::string> names;
  std::vector<Kind> kinds;
  std::vector<ChangeKind> changes;
  Impact least = Impact::compatible;
  std::optional<ReportFormat> format;
  std::string report;
  bool summary = false, stat = false, history = false;

  /// Whether types are followed through a row of kernels, instead of two being compared.
  [[nodiscard]] bool is_history() const {
    return history || (!more.empty() && !names.empty() && request.affects.empty());
  }
  /// The arguments in their order.
  [[nodiscard]] std::vector<std::string> all_sources() const {
    std::vector<std::string> sources = request.before;
    sources.insert(sources.end(), request.after.begin(), request.after.end());
    sources.insert(sources.end(), more.begin(), more.end());
    return sources;
  }
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

/// Whether a change is of the kind and severity asked for; of its name matches() asks.
bool is_asked_for(const DiffOptions& options, const Change& change) {
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
  return right_kind;
}

bool matches(const DiffOptions& options, const Change& change) {
  const auto has_name = [&](const Declared& side) {
    return side.exists() && !side.view().name().empty() &&
           matches_any_glob(options.names, side.view().btf().c_string(side.view().name_offset()));
  };
  return is_asked_for(options, change) && (options.names.empty() || has_name(change.before) || has_name(change.after));
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

/// Refuses to write the page over what is read.
void check_report_file(const DiffOptions& options, const Context& context) {
  const ComparisonRequest& request = options.request;
  const std::vector<std::string> bases{request.before_base, request.after_base};
  refuse_stdout("--report", options.report);
  refuse_clobbering("--report", options.report,
                    {request.before, request.after, bases, options.more, request.affects, context.global.base.sources});
}

/// Leaves the types asked for, and of them those with a change that was asked for.
void filter(const DiffOptions& options, History& history) {
  const bool needs_change = !options.changes.empty() || options.least != Impact::compatible;
  DiffOptions only_kinds;
  only_kinds.kinds = options.kinds;
  std::erase_if(history.types, [&](const TypeHistory& type) {
    Change as_it_is;
    as_it_is.after = type.subject();
    if (!is_asked_for(only_kinds, as_it_is)) return true;
    return needs_change &&
           std::ranges::none_of(type.changes, [&](const Change& change) { return is_asked_for(options, change); });
  });
}

Status run_history(const Context& context, const DiffOptions& options) {
  const ComparisonRequest& request = options.request;
  if (!request.affects.empty() || !request.before_base.empty() || !request.after_base.empty()) {
    throw Error(ErrorCode::usage, "--affects, --old-base and --new-base need two kernels, not the history of several");
  }
  const ReportFormat format = report_format(context, options.format);
  check_report_file(options, context);
  HistoryAnswer answer = read_history(options.all_sources(), options.names, context);
  History& history = answer.history;
  filter(options, history);
  // Now: the history holds what was asked for, and nothing else.
  if (!options.report.empty()) replace_file(options.report, as_bytes(history_page(history, page_origin(context))));
  switch (format) {
    case ReportFormat::text:
      write_history_text(history,
                         {.color = context.out_color,
                          .summary = options.summary,
                          .stat = options.stat,
                          .all_names = context.global.verbosity > 0},
                         context.out);
      break;
    case ReportFormat::json:
      write_history_json(history, options.summary || options.stat, context.global.pretty, context.out);
      break;
    case ReportFormat::html:
      context.out.write(history_page(history, page_origin(context)));
      break;
  }
  const bool is_changed = std::ranges::any_of(history.types, &TypeHistory::is_changed);
  return is_changed || !answer.all_found ? Status::no : Status::yes;
}

/// Takes the arguments for two sides where they are the packages of two kernels, in whichever order. With --affects,
/// further arguments are modules, unless OLD and NEW are of one kernel.
void take_packages_together(DiffOptions& options) {
  if (options.more.empty() || options.history) return;
  std::vector<std::vector<std::string>> kernels = packages_by_kernel(options.all_sources());
  if (kernels.size() != 2) return;
  ComparisonRequest& request = options.request;
  const bool are_apart = std::ranges::find(kernels[0], request.after.front()) == kernels[0].end();
  if (!request.affects.empty() && are_apart) return;
  request.before = std::move(kernels[0]);
  request.after = std::move(kernels[1]);
  options.more.clear();
}

/// Whether what stands before the dot of a name is a type with members or enumerators, rather than a function as in
/// `f.isra.0`.
bool is_member_name(const std::string& name, const std::vector<BtfPtr>& btfs) {
  const MemberName parts = split_member(name);
  if (parts.member.empty()) return false;
  return std::ranges::any_of(btfs, [&](const BtfPtr& btf) {
    constexpr std::array kinds{Kind::struct_, Kind::union_, Kind::enum_, Kind::enum64};
    return std::ranges::any_of(kinds, [&](Kind kind) { return btf->names().find(parts.type, kind) != void_id; });
  });
}

/// Warns of names that no change has because no type has them. False when something that was asked for is not there.
bool find_all(const DiffOptions& options, const Comparison& comparison, const Context& context) {
  bool all_found = true;
  std::vector<std::string> known;
  for (const std::string& name : options.names) {
    const auto has_name = [&](const Declared& side) { return side.exists() && side.view().name() == name; };
    const bool is_found = std::ranges::any_of(comparison.report.changes, [&](const Change& change) {
      return has_name(change.before) || has_name(change.after);
    });
    if (is_glob(name) || is_found) continue;
    if (known.empty()) known = type_names(comparison.compared);
    if (std::ranges::binary_search(known, name)) continue;
    if (is_member_name(name, comparison.compared)) {
      all_found = false;
      context.warn(fmt::format("'{}': members are followed by --history", name));
      continue;
    }
    // Of modules only what changed is known.
    const bool has_modules = comparison.report.whole_kernels;
    all_found = all_found && has_modules;
    context.warn(unknown_name_text(name, has_modules ? "vmlinux, nor what changed in modules" : "either", known));
  }
  return all_found;
}

Status run_diff(const Context& context, DiffOptions options) {
  take_packages_together(options);
  if (options.is_history()) return run_history(context, options);
  ComparisonRequest& request = options.request;
  if (request.affects.empty() && !options.more.empty()) {
    throw Error(
        ErrorCode::usage,
        fmt::format("unexpected argument '{}': modules to be judged follow --affects, more than two kernels need "
                    "--name or --history, and only packages of one kernel are taken together",
                    options.more.front()));
  }
  request.affects.insert(request.affects.end(), options.more.begin(), options.more.end());
  const ReportFormat format = report_format(context, options.format);
  check_report_file(options, context);
  Comparison comparison = compare_sources(request, context);
  DiffReport& report = comparison.report;
  const bool all_found = find_all(options, comparison, context);
  filter(options, report);
  // Now: the report holds what was asked for, and nothing else.
  if (!options.report.empty()) {
    StringOutput page;
    write_diff_html(report, page_origin(context), page);
    replace_file(options.report, as_bytes(page.text()));
  }
  switch (format) {
    case ReportFormat::text:
      if (options.stat) {
        write_diff_stat(report, context.out_color, context.out);
        break;
      }
      write_diff_text(
          report, {.color = context.out_color, .summary = options.summary, .all_modules = context.global.verbosity > 0},
          context.out);
      break;
    case ReportFormat::json:
      write_diff_json(report, options.summary || options.stat, context.global.pretty, context.out);
      break;
    case ReportFormat::html:
      write_diff_html(report, page_origin(context), context.out);
      break;
  }
  if (!comparison.complete) return Status::trouble;
  // A module may need a rebuild for a reason that is no change, such as an ambiguous name, or a symbol that is gone.
  if ((!request.affects.empty() || !report.restricted) &&
      std::ranges::any_of(report.verdicts, &ModuleVerdict::needs_rebuild)) {
    return Status::no;
  }
  const bool same_modules = report.modules_added.empty() && report.modules_removed.empty();
  const bool is_same = report.changes.empty() && (report.restricted || same_modules);
  return is_same && all_found ? Status::yes : Status::no;
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
                             .set = [options](const std::string& value) { options->request.before = {value}; }});
  command.options.push_back({.names = "NEW",
                             .argument = "NEW",
                             .help = "The new BTF or kernel",
                             .complete = Complete::module,
                             .required = true,
                             .set = [options](const std::string& value) { options->request.after = {value}; }});
  command.list("MORE", "MORE", options->more,
               "More packages of OLD and NEW; more kernels, whose types `--name` or `--history` follow; with "
               "`--affects` more modules",
               Complete::module);
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
  command.globs("--name", options->names,
                "Show only names that match a shell pattern, several with commas; with three or more kernels follow "
                "these types through them, or a member of one: `cfs_rq.nr_running`");
  command.flag("--history", options->history,
               "Follow types through all kernels in the order given, also through two or without `--name`");
  command.choice("--severity", "SEVERITY", options->least, "Show only changes that are at least this severe",
                 std::vector<Choice<Impact>>{{"layout", Impact::layout, "a size or an offset changed"},
                                             {"signature", Impact::signature, "a type changed, but no size or offset"},
                                             {"value", Impact::value, "an enumerator changed its value"},
                                             {"compatible", Impact::compatible, "existing code does not notice"},
                                             {"name-only", Impact::compatible, "the same as compatible"}});
  add_format_option(command, options->format);
  command.flag("--summary", options->summary, "Print at most one line per change, and no declarations");
  command.flag("--stat", options->stat,
               "Print only three lines: what was compared, the number of changes, and of modules to rebuild");
  command.value("--report", "FILE", options->report, "Also write an HTML page with everything to FILE");
  command.reports = [] { return true; };
  command.run = [options](const Context& context) { return run_diff(context, *options); };
  return command;
}

}  // namespace btfx
