#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/counted.h"
#include "base/printable.h"
#include "emit/report/co_re_report.h"
#include "emit/report/text_table.h"

namespace btfx {

namespace {

/// How bad a verdict is, for choosing among several.
int rank(const CoreResult& result) {
  switch (result.verdict) {
    case CoreVerdict::same:
      return 0;
    case CoreVerdict::ok:
      return 1;
    case CoreVerdict::absent:
      return 2;
    case CoreVerdict::poison:
    case CoreVerdict::ambiguous:
    case CoreVerdict::error:
      break;
  }
  if (result.guard == CoreGuard::not_loaded) return 4;
  if (result.guard != CoreGuard::none) return 3;
  return result.verdict == CoreVerdict::poison ? 5 : result.verdict == CoreVerdict::ambiguous ? 6 : 7;
}

/// `probe.c:12`, without directories.
std::string source_place(const CoreRelocation& relocation) {
  if (relocation.line == 0) return {};
  const std::string_view file = relocation.file.substr(relocation.file.rfind('/') + 1);
  return fmt::format("{}:{}", printable(file), relocation.line);
}

/// The line of source, without what it is indented by, with blanks for tabs, and cut where it is very long.
std::string source_text(const CoreRelocation& relocation) {
  constexpr std::size_t limit = 120;
  std::string text(relocation.source);
  std::ranges::replace_if(
      text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  text = printable(text);
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  if (text.size() > limit) text.replace(limit, std::string::npos, "...");
  return text.empty() ? text : "source: " + text;
}

/// The verdict, and what makes it harmless.
std::string guarded_verdict(const CoreResult& result) {
  const std::string_view guard = to_string(result.guard);
  return guard.empty() ? std::string(to_string(result.verdict))
                       : fmt::format("{} ({})", to_string(result.verdict), guard);
}

/// What became of one relocation: value, verdict and where it was found.
std::vector<std::string> result_cells(const CoreRelocation& relocation, const CoreColumn& kernel,
                                      const CoreResult& result) {
  std::string value;
  if (relocation.own_value) value = core_number(*relocation.own_value, relocation.own_is_signed);
  if (result.new_value && core_number(*result.new_value, result.is_signed) != value) {
    value += fmt::format(" -> {}", core_number(*result.new_value, result.is_signed));
  }
  std::string verdict = guarded_verdict(result);
  if (result.beyond_reference) verdict += " (beyond the reference)";
  const bool decided = result.access && result.verdict != CoreVerdict::ambiguous;
  return {value, verdict, decided ? core_place(kernel, result.part, result.access->root) : std::string()};
}

void add_details(const CoreRelocation& relocation, const CoreColumn& kernel, const CoreResult& result,
                 TextTable& table) {
  table.note(fmt::format("local   {}", printable(relocation.spec)));
  if (result.access) table.note(fmt::format("target  {}", printable(result.spec)));
  if (result.new_width != relocation.width && result.new_width != 0) {
    table.note(fmt::format("width   {} -> {} bytes", relocation.width, result.new_width));
  }
  for (const CoreCandidate& candidate : result.candidates) {
    const std::string place = core_place(kernel, candidate.part, candidate.id);
    switch (candidate.state) {
      case CoreCandidate::State::match:
        table.note(fmt::format("matches {}", place));
        break;
      case CoreCandidate::State::rejected:
        table.note(fmt::format("not     {}: {}", place, printable(candidate.message)));
        break;
      case CoreCandidate::State::not_reached:
        table.note(fmt::format("left    {}", place));
        break;
    }
  }
}

/// Whether there is something about a result that a user may have to do something about.
bool is_odd(const CoreResult& result) {
  return result.may_fail() || result.has_warning();
}

/// One object and at most one kernel: a line for each relocation, by program.
std::string list_text(const CoreObject& object, const CoreColumn* kernel, const CoreAnswer* answer,
                      const CoreTextOptions& options) {
  const bool details = options.details;
  std::string text;
  TextTable table(2);
  const CoreRelocation* last = nullptr;
  std::uint32_t shown_line = 0;
  const auto flush = [&] {
    text += table.text();
    table = TextTable(2);
  };
  for (std::size_t i = 0; i < object.relocations.size(); ++i) {
    const CoreRelocation& relocation = object.relocations[i];
    if (options.failed && (answer == nullptr ? relocation.reason == CoreReason::none : !is_odd(answer->results[i]))) {
      continue;
    }
    if (last == nullptr || last->program != relocation.program) {
      flush();
      const BpfProgram& program = object.programs[relocation.program];
      text += fmt::format("{}, program {}{}\n", printable(relocation.section), printable(program.name),
                          program.is_optional() ? " (optional)" : "");
    }
    last = &relocation;
    std::vector<std::string> cells{fmt::format("insn {}", relocation.insn), std::string(core_kind_name(relocation)),
                                   printable(relocation.path)};
    if (answer != nullptr) {
      for (std::string& cell : result_cells(relocation, *kernel, answer->results[i])) cells.push_back(std::move(cell));
    } else {
      cells.push_back(relocation.own_value ? core_number(*relocation.own_value, relocation.own_is_signed)
                                           : std::string());
      cells.emplace_back(relocation.reason == CoreReason::none ? "" : "error");
    }
    cells.push_back(source_place(relocation));
    table.add(std::move(cells));
    const std::string& message = answer != nullptr ? answer->results[i].message : relocation.message;
    if (!message.empty()) table.note(printable(message));
    if (details || (!message.empty() && relocation.line != shown_line)) {
      if (const std::string source = source_text(relocation); !source.empty()) table.note(source);
      shown_line = relocation.line;
    }
    if (answer == nullptr) {
      if (details) table.note(fmt::format("local   {}", printable(relocation.spec)));
      if (relocation.checked && relocation.old_value && relocation.held_value != *relocation.old_value) {
        table.note(fmt::format("the instruction holds {} instead", relocation.held_value));
      }
      continue;
    }
    for (const Diagnostic& finding : answer->results[i].findings) table.note(printable(core_finding(finding)));
    if (details) add_details(relocation, *kernel, answer->results[i], table);
  }
  flush();
  return text;
}

/// What is to be said about a row, with the kernels that it is true of; without `details` only what may do harm.
void add_messages(const CoreMatrix& matrix, std::span<const std::string> names, std::size_t object, const CoreRow& row,
                  bool details, TextTable& table) {
  std::vector<std::pair<std::string, std::vector<std::string_view>>> messages;
  std::unordered_map<std::string, std::size_t> numbers;  // of messages
  const auto add = [&](const std::string& message, std::string_view kernel) {
    if (message.empty()) return;
    const auto [number, is_new] = numbers.try_emplace(message, messages.size());
    if (is_new) messages.push_back({message, {}});
    std::vector<std::string_view>& kernels = messages[number->second].second;
    if (kernels.empty() || kernels.back() != kernel) kernels.push_back(kernel);
  };
  for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
    const CoreAnswer& answer = matrix.answers[object][k];
    for (const std::size_t i : row.relocations) {
      const CoreResult& result = answer.results[i];
      const bool harmless = result.verdict == CoreVerdict::absent || result.guard != CoreGuard::none;
      if (details || !harmless) add(result.message, names[k]);
      for (const Diagnostic& finding : answer.results[i].findings) add(core_finding(finding), names[k]);
    }
  }
  for (const auto& [message, kernels] : messages) {
    const bool everywhere = kernels.size() == matrix.kernels.size();
    table.note((everywhere ? "" : printable(fmt::format("{}", fmt::join(kernels, ", "))) + ": ") + printable(message));
  }
}

/// Where the relocations of a row are, in a program and in the source; without `details` only of those that may do
/// harm, and not all of very many.
void add_places(const CoreMatrix& matrix, std::size_t object_index, const CoreRow& row, bool details,
                TextTable& table) {
  constexpr std::size_t limit = 5;
  const CoreObject& object = matrix.objects[object_index];
  std::size_t shown = 0, left = 0;
  for (const std::size_t i : row.relocations) {
    const bool is_shown = details || std::ranges::any_of(matrix.answers[object_index], [&](const CoreAnswer& answer) {
                            return is_odd(answer.results[i]);
                          });
    if (!is_shown) continue;
    if (!details && ++shown > limit) {
      ++left;
      continue;
    }
    const CoreRelocation& relocation = object.relocations[i];
    std::string text = fmt::format("program {}, insn {}", printable(object.programs[relocation.program].name),
                                   relocation.program_insn);
    if (const std::string place = source_place(relocation); !place.empty()) text += ", " + place;
    table.note(text);
    if (const std::string source = source_text(relocation); !source.empty()) table.note("  " + source);
  }
  if (left != 0) table.note(fmt::format("and {} more with -v", left));
}

/// One object on several kernels.
std::string table_text(const CoreMatrix& matrix, std::span<const std::string> names, std::size_t object_index,
                       const CoreTextOptions& options) {
  const CoreObject& object = matrix.objects[object_index];
  TextTable table(2);
  std::vector<std::string> heads{"", ""};
  for (const std::string& name : names) heads.push_back(printable(name));
  table.add(std::move(heads));
  bool is_empty = true;
  for (const CoreRow& row : core_rows(object)) {
    const CoreRelocation& relocation = object.relocations[row.first];
    const auto is_row_odd = [&](const CoreAnswer& answer) {
      return std::ranges::any_of(row.relocations, [&](std::size_t i) { return is_odd(answer.results[i]); });
    };
    if (options.failed && std::ranges::none_of(matrix.answers[object_index], is_row_odd)) continue;
    is_empty = false;
    std::vector<std::string> cells{std::string(core_kind_name(relocation)), printable(relocation.path)};
    for (const CoreAnswer& answer : matrix.answers[object_index]) cells.push_back(core_cell(row_result(row, answer)));
    table.add(std::move(cells));
    add_messages(matrix, names, object_index, row, options.details, table);
    add_places(matrix, object_index, row, options.details, table);
  }
  return is_empty ? std::string() : table.text();
}

}  // namespace

std::string core_place(const CoreColumn& kernel, std::size_t part, TypeId id) {
  return fmt::format("{} [{}]", printable(kernel.parts[part]), raw(id));
}

std::string core_number(std::uint64_t value, bool is_signed) {
  return is_signed ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

std::string core_finding(const Diagnostic& finding) {
  return (finding.severity == Severity::warning ? "warning: " : "") + finding.text;
}

std::string_view core_kind_name(const CoreRelocation& relocation) {
  return relocation.kind ? core_kind_info(*relocation.kind).name : "(unknown)";
}

std::vector<CoreRow> core_rows(const CoreObject& object) {
  std::vector<CoreRow> rows;
  std::map<std::tuple<std::uint32_t, TypeId, std::string_view>, std::size_t> known;
  for (std::size_t i = 0; i < object.relocations.size(); ++i) {
    const CoreRelocation& relocation = object.relocations[i];
    const auto [found, is_new] =
        known.try_emplace({relocation.kind_number, relocation.access.root, relocation.access_string}, rows.size());
    if (is_new) rows.push_back({.first = i});
    rows[found->second].relocations.push_back(i);
  }
  return rows;
}

const CoreResult& row_result(const CoreRow& row, const CoreAnswer& answer) {
  return answer
      .results[*std::ranges::max_element(row.relocations, {}, [&](std::size_t i) { return rank(answer.results[i]); })];
}

std::string core_cell(const CoreResult& result) {
  std::string cell;
  if (result.new_value && (result.verdict == CoreVerdict::ok || result.verdict == CoreVerdict::same)) {
    cell = core_number(*result.new_value, result.is_signed);
  } else {
    cell = guarded_verdict(result);
  }
  if (result.beyond_reference) cell += " (beyond)";
  return cell;
}

std::vector<std::string> core_kernel_names(const CoreMatrix& matrix) {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> known;
  for (const CoreColumn& kernel : matrix.kernels) {
    std::string_view name = kernel.name;
    name.remove_prefix(name.rfind('/') + 1);
    for (const std::string_view suffix : {".gz", ".xz", ".zst", ".btf"}) {
      if (name.ends_with(suffix) && name.size() > suffix.size()) name.remove_suffix(suffix.size());
    }
    ++known[names.emplace_back(name)];
  }
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (known[names[k]] != 1) names[k] = matrix.kernels[k].name;
  }
  return names;
}

std::vector<std::string> core_object_names(const CoreMatrix& matrix) {
  std::string_view common;
  bool is_first = true;
  for (const CoreObject& object : matrix.objects) {
    const std::string_view name = object.name;
    if (is_first) common = name.substr(0, name.rfind('/') + 1);
    is_first = false;
    while (!name.starts_with(common)) common = common.substr(0, common.substr(0, common.size() - 1).rfind('/') + 1);
  }
  std::vector<std::string> names;
  for (const CoreObject& object : matrix.objects) names.push_back(object.name.substr(common.size()));
  return names;
}

namespace {

/// Why an object does not load, or may not.
std::string reasons_of(const CoreAnswer& answer) {
  std::vector<std::string> reasons;
  if (answer.failures != 0) reasons.push_back(fmt::format("{} in error", answer.failures));
  if (!answer.doomed.empty()) {
    reasons.push_back(counted(answer.doomed.size(), "program fails verification", "programs fail verification"));
  }
  if (answer.load() == CoreLoad::may_load && answer.unguarded != 0) {
    reasons.push_back(counted(answer.unguarded, "unguarded poisoned instruction", "unguarded poisoned instructions"));
  }
  if (answer.load() == CoreLoad::may_load && answer.doubts != 0) {
    reasons.push_back(counted(answer.doubts, "open question", "open questions"));
  }
  return fmt::format("{}", fmt::join(reasons, ", "));
}

/// One line about an object that could be read.
std::string summary_line(const CoreMatrix& matrix, std::span<const std::string> names, std::size_t index) {
  const CoreObject& object = matrix.objects[index];
  std::vector<std::string> fails, doubtful, optional, unattached;
  std::size_t loads = 0, unsure = 0, warnings = 0;
  for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
    const CoreAnswer& answer = matrix.answers[index][k];
    const std::string name = printable(names[k]);
    warnings += answer.warnings;
    unsure = std::max(unsure, answer.unsure_targets);
    if (answer.optional_failures != 0) optional.push_back(name);
    if (answer.unattached != 0) {
      unattached.push_back(fmt::format("{} ({})", name, counted(answer.unattached, "program", "programs")));
    }
    if (answer.loads()) {
      ++loads;
    } else {
      (answer.load() == CoreLoad::fails ? fails : doubtful).push_back(fmt::format("{} ({})", name, reasons_of(answer)));
    }
  }
  std::string line = fmt::format("{}: loads on {} of {}", printable(object.name), loads,
                                 counted(matrix.kernels.size(), "kernel", "kernels"));
  if (!fails.empty()) line += fmt::format("; fails on {}", fmt::join(fails, ", "));
  if (!doubtful.empty()) line += fmt::format("; may load on {}", fmt::join(doubtful, ", "));
  if (!optional.empty()) line += fmt::format("; optional programs fail on {}", fmt::join(optional, ", "));
  if (!unattached.empty()) line += fmt::format("; cannot be attached on {}", fmt::join(unattached, ", "));
  if (unsure != 0) {
    line += fmt::format("; whether {} can be attached is unknown", counted(unsure, "program", "programs"));
  }
  if (warnings != 0) line += "; " + counted(warnings, "warning");
  std::size_t differing = 0;
  for (const CoreRow& row : core_rows(object)) {
    std::vector<std::string> cells;
    for (const CoreAnswer& answer : matrix.answers[index]) cells.push_back(core_cell(row_result(row, answer)));
    differing += std::ranges::adjacent_find(cells, std::ranges::not_equal_to{}) == cells.end() ? 0U : 1U;
  }
  if (differing != 0) line += fmt::format("; {} across kernels", counted(differing, "value differs", "values differ"));
  return line;
}

}  // namespace

std::vector<std::string> core_summary(const CoreMatrix& matrix) {
  const std::vector<std::string> names = core_kernel_names(matrix);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < matrix.objects.size() && !matrix.kernels.empty(); ++i) {
    if (!matrix.objects[i].error) lines.push_back(summary_line(matrix, names, i));
  }
  return lines;
}

std::vector<std::string> core_unread(const CoreMatrix& matrix) {
  std::vector<std::string> lines;
  for (const CoreUnread& unread : matrix.unread) {
    lines.push_back(unread.is_module
                        ? fmt::format("module {} could not be used: nothing was looked for in it", unread.source)
                        : fmt::format("kernel {} could not be read: nothing was resolved on it", unread.source));
  }
  const auto bad = std::ranges::count_if(matrix.objects, [](const CoreObject& object) { return bool{object.error}; });
  if (bad != 0)
    lines.push_back(fmt::format("{} of {} could not be read", bad, counted(matrix.objects.size(), "object")));
  return lines;
}

namespace {

/// Whether modules contradict each other, or vmlinux, in some result.
bool modules_disagree(const CoreMatrix& matrix) {
  const auto is_of_modules = [](const CoreResult& result) {
    return result.verdict == CoreVerdict::ambiguous &&
           std::ranges::any_of(result.candidates, [](const auto& candidate) {
             return candidate.part != 0 && candidate.state == CoreCandidate::State::match;
           });
  };
  return std::ranges::any_of(matrix.answers, [&](const std::vector<CoreAnswer>& answers) {
    return std::ranges::any_of(
        answers, [&](const CoreAnswer& answer) { return std::ranges::any_of(answer.results, is_of_modules); });
  });
}

}  // namespace

namespace {

/// A row for each object, a column for each kernel, and how many objects load everywhere.
std::string matrix_text(const CoreMatrix& matrix, std::span<const std::string> kernels) {
  const std::vector<std::string> objects = core_object_names(matrix);
  TextTable table(0);
  std::vector<std::string> heads{""};
  for (const std::string& name : kernels) heads.push_back(printable(name));
  table.add(std::move(heads));
  std::size_t read = 0, everywhere = 0;
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    std::vector<std::string> cells{printable(objects[i])};
    if (matrix.objects[i].error) {
      cells.emplace_back("could not be read");
    } else {
      ++read;
      if (std::ranges::all_of(matrix.answers[i], &CoreAnswer::loads)) ++everywhere;
      for (const CoreAnswer& answer : matrix.answers[i]) cells.emplace_back(to_string(answer.load()));
    }
    table.add(std::move(cells));
  }
  return fmt::format("{}{} of {} {} on {}\n", table.text(), everywhere, counted(read, "object"),
                     read == 1 ? "loads" : "load",
                     kernels.size() == 1 ? printable(kernels[0]) : fmt::format("all of {} kernels", kernels.size()));
}

/// The answer in short.
std::string answer_text(const CoreMatrix& matrix, std::span<const std::string> kernels) {
  constexpr std::size_t widest = 12;  // kernels in a table
  std::string text;
  const bool is_matrix = matrix.objects.size() > 1 && !kernels.empty() && kernels.size() <= widest;
  if (is_matrix) {
    text += matrix_text(matrix, kernels);
  } else {
    for (const std::string& line : core_summary(matrix)) text += line + '\n';
  }
  for (const std::string& line : core_unread(matrix)) text += printable(line) + '\n';
  if (modules_disagree(matrix)) {
    text +=
        "All modules of a package or directory count as loaded. Where they make an access ambiguous, name those that "
        "are with --modules.\n";
  }
  return text;
}

/// Whether there is something to say about an object beside that it loads.
bool is_odd(const std::vector<CoreAnswer>& answers) {
  return std::ranges::any_of(answers, [](const CoreAnswer& answer) {
    return !answer.loads() || answer.warnings != 0 || answer.unattached != 0 || answer.optional_failures != 0;
  });
}

/// What there is to say about one object, beside the short answer; empty for nothing.
std::string object_text(const CoreMatrix& matrix, std::span<const std::string> kernels, std::size_t index,
                        const CoreTextOptions& options) {
  const CoreObject& object = matrix.objects[index];
  if (object.error) return fmt::format("{}: could not be read\n", printable(object.name));
  std::string text;
  if (kernels.size() > 1) {
    text = table_text(matrix, kernels, index, options);
  } else if (kernels.size() == 1) {
    text = list_text(object, matrix.kernels.data(), matrix.answers[index].data(), options);
  } else {
    text = list_text(object, nullptr, nullptr, options);
  }
  if (object.relocations.empty() && !options.failed) {
    text += fmt::format("  has no CO-RE relocations{}\n", object.findings.empty() ? "" : " in its functions");
  }
  text += core_programs_text(matrix, kernels, index, options);
  if (text.empty()) return text;
  return fmt::format("{}{}\n{}", printable(object.name),
                     kernels.size() == 1 ? fmt::format(" on {}", printable(kernels[0])) : "", text);
}

}  // namespace

std::string core_text(const CoreMatrix& matrix, const CoreTextOptions& options) {
  const std::vector<std::string> kernels = core_kernel_names(matrix);
  std::string text = answer_text(matrix, kernels);
  if (options.summary || (kernels.empty() && !matrix.is_local())) return text;
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    CoreTextOptions here = options;
    // Of many objects what is as it should be is only shown when it is asked for.
    if (matrix.objects.size() > 1 && !kernels.empty() && !options.details) here.failed = true;
    if (here.failed && !matrix.objects[i].error && !kernels.empty() && !is_odd(matrix.answers[i])) continue;
    const std::string about = object_text(matrix, kernels, i, here);
    if (!about.empty()) text += (text.empty() ? "" : "\n") + about;
  }
  return text;
}

}  // namespace btfx
