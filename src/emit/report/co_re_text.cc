#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/printable.h"
#include "emit/report/co_re_report.h"

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

/// The line of source, without what it is indented by, and cut where it is very long.
std::string source_text(const CoreRelocation& relocation) {
  constexpr std::size_t limit = 120;
  std::string text = printable(relocation.source);
  text.erase(0, std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.size() > limit) text.replace(limit, std::string::npos, "...");
  return text.empty() ? text : "source: " + text;
}

/// Columns of text, each as wide as its widest cell, or what is wide enough for nearly all; all lines are indented.
class Table {
 public:
  static constexpr std::size_t max_width = 100;  // lest one very long name fill every line with blanks

  explicit Table(std::size_t indent) : indent_(indent) {}
  void add(std::vector<std::string> cells) { lines_.push_back({std::move(cells), {}}); }
  /// A line below the last one, indented further.
  void note(std::string text) { lines_.back().notes.push_back(std::move(text)); }

  [[nodiscard]] std::string text() const {
    std::vector<std::size_t> widths;
    for (const Line& line : lines_) {
      widths.resize(std::max(widths.size(), line.cells.size()));
      for (std::size_t i = 0; i < line.cells.size(); ++i) {
        widths[i] = std::max(widths[i], std::min(line.cells[i].size(), max_width));
      }
    }
    std::string result;
    for (const Line& line : lines_) {
      std::string row(indent_, ' ');
      for (std::size_t i = 0; i < line.cells.size(); ++i) row += fmt::format("{:<{}}  ", line.cells[i], widths[i]);
      row.erase(row.find_last_not_of(' ') + 1);
      result += row + '\n';
      for (const std::string& note : line.notes) result += fmt::format("{:{}}{}\n", "", indent_ + 4, note);
    }
    return result;
  }

 private:
  struct Line {
    std::vector<std::string> cells;
    std::vector<std::string> notes;
  };
  std::size_t indent_;
  std::vector<Line> lines_;
};

std::string spell_place(const CoreColumn& kernel, std::size_t part, TypeId id) {
  return fmt::format("{} [{}]", printable(kernel.parts[part].name), raw(id));
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
  if (relocation.old_value) value = core_number(*relocation.old_value, result.is_signed);
  // What the compiler thought of a bitfield need not be what the reference expects.
  if (!relocation.checked && result.verdict == CoreVerdict::ok)
    value = core_number(relocation.held_value, result.is_signed);
  if (result.new_value && core_number(*result.new_value, result.is_signed) != value) {
    value += fmt::format(" -> {}", core_number(*result.new_value, result.is_signed));
  }
  std::string verdict = guarded_verdict(result);
  if (result.beyond_reference) verdict += " (beyond the reference)";
  const bool decided = result.access && result.verdict != CoreVerdict::ambiguous;
  return {value, verdict, decided ? spell_place(kernel, result.part, result.access->root) : std::string()};
}

void add_details(const CoreRelocation& relocation, const CoreColumn& kernel, const CoreResult& result, Table& table) {
  table.note(fmt::format("local   {}", printable(relocation.spec)));
  if (result.access) table.note(fmt::format("target  {}", printable(result.spec)));
  if (result.new_width != relocation.width && result.new_width != 0) {
    table.note(fmt::format("width   {} -> {} bytes", relocation.width, result.new_width));
  }
  for (const CoreCandidate& candidate : result.candidates) {
    const std::string place = spell_place(kernel, candidate.part, candidate.id);
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

/// One object and at most one kernel: a line for each relocation, by program.
std::string list_text(const CoreObject& object, const CoreColumn* kernel, const CoreAnswer* answer, bool details) {
  std::string text;
  Table table(2);
  const CoreRelocation* last = nullptr;
  std::uint32_t shown_line = 0;
  const auto flush = [&] {
    text += table.text();
    table = Table(2);
  };
  for (std::size_t i = 0; i < object.relocations.size(); ++i) {
    const CoreRelocation& relocation = object.relocations[i];
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
      cells.push_back(relocation.old_value ? core_number(*relocation.old_value, false) : std::string());
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
void add_messages(const CoreMatrix& matrix, std::size_t object, const CoreRow& row, bool details, Table& table) {
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
      if (details || !harmless) add(result.message, matrix.kernels[k].name);
      for (const Diagnostic& finding : answer.results[i].findings) add(core_finding(finding), matrix.kernels[k].name);
    }
  }
  for (const auto& [message, kernels] : messages) {
    const bool everywhere = kernels.size() == matrix.kernels.size();
    table.note((everywhere ? "" : printable(fmt::format("{}", fmt::join(kernels, ", "))) + ": ") + printable(message));
  }
}

/// Where the relocations of a row are, in a program and in the source; without `details` only of those that may do
/// harm, and not all of very many.
void add_places(const CoreMatrix& matrix, std::size_t object_index, const CoreRow& row, bool details, Table& table) {
  constexpr std::size_t limit = 5;
  const CoreObject& object = matrix.objects[object_index];
  std::size_t shown = 0, left = 0;
  for (const std::size_t i : row.relocations) {
    const bool is_shown = details || std::ranges::any_of(matrix.answers[object_index], [&](const CoreAnswer& answer) {
                            return answer.results[i].may_fail() || answer.results[i].has_warning();
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
std::string table_text(const CoreMatrix& matrix, std::size_t object_index, bool details) {
  const CoreObject& object = matrix.objects[object_index];
  Table table(2);
  std::vector<std::string> heads{"", ""};
  for (const CoreColumn& kernel : matrix.kernels) heads.push_back(printable(kernel.name));
  table.add(std::move(heads));
  for (const CoreRow& row : core_rows(object)) {
    const CoreRelocation& relocation = object.relocations[row.first];
    std::vector<std::string> cells{std::string(core_kind_name(relocation)), printable(relocation.path)};
    for (const CoreAnswer& answer : matrix.answers[object_index]) cells.push_back(core_cell(row_result(row, answer)));
    table.add(std::move(cells));
    add_messages(matrix, object_index, row, details, table);
    add_places(matrix, object_index, row, details, table);
  }
  return table.text();
}

}  // namespace

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

std::vector<std::string> core_summary(const CoreMatrix& matrix) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < matrix.objects.size() && !matrix.kernels.empty(); ++i) {
    const CoreObject& object = matrix.objects[i];
    if (object.error) continue;
    std::vector<std::string> fails, poisoned, optional;
    std::size_t loads = 0;
    for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
      const CoreAnswer& answer = matrix.answers[i][k];
      const std::string name = printable(matrix.kernels[k].name);
      if (answer.optional_failures != 0) optional.push_back(name);
      if (answer.loads()) {
        ++loads;
      } else if (answer.failures != 0) {
        fails.push_back(fmt::format("{} ({} in error)", name, answer.failures));
      } else {
        poisoned.push_back(fmt::format("{} ({} unguarded poisoned instruction{})", name, answer.unguarded,
                                       answer.unguarded == 1 ? "" : "s"));
      }
    }
    std::string line = fmt::format("{}: loads on {} of {} kernel{}", printable(object.name), loads,
                                   matrix.kernels.size(), matrix.kernels.size() == 1 ? "" : "s");
    if (!fails.empty()) line += fmt::format("; fails on {}", fmt::join(fails, ", "));
    if (!poisoned.empty()) {
      line += fmt::format("; may load on {}, which the verifier must not reach", fmt::join(poisoned, ", "));
    }
    if (!optional.empty()) line += fmt::format("; optional programs fail on {}", fmt::join(optional, ", "));
    std::size_t warnings = 0;
    for (const CoreAnswer& answer : matrix.answers[i]) warnings += answer.warnings;
    if (warnings != 0) line += fmt::format("; {} warning{}", warnings, warnings == 1 ? "" : "s");
    std::size_t differing = 0;
    for (const CoreRow& row : core_rows(object)) {
      std::vector<std::string> cells;
      for (const CoreAnswer& answer : matrix.answers[i]) cells.push_back(core_cell(row_result(row, answer)));
      differing += std::ranges::adjacent_find(cells, std::ranges::not_equal_to{}) == cells.end() ? 0U : 1U;
    }
    if (differing != 0)
      line += fmt::format("; {} value{} across kernels", differing, differing == 1 ? " differs" : "s differ");
    lines.push_back(std::move(line));
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
  if (bad != 0) lines.push_back(fmt::format("{} of {} objects could not be read", bad, matrix.objects.size()));
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

std::string core_text(const CoreMatrix& matrix, bool details) {
  std::string text;
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    const CoreObject& object = matrix.objects[i];
    if (object.error) {
      text += fmt::format("{}: could not be read\n\n", printable(object.name));
      continue;
    }
    if (object.relocations.empty()) {
      text += fmt::format("{}: has no CO-RE relocations{}\n\n", printable(object.name),
                          object.findings.empty() ? "" : " in its functions");
      continue;
    }
    if (matrix.kernels.empty() && !matrix.is_local()) continue;
    if (matrix.kernels.size() > 1) {
      text += fmt::format("{}\n{}", printable(object.name), table_text(matrix, i, details));
    } else if (matrix.kernels.size() == 1) {
      text += fmt::format("{} on {}\n", printable(object.name), printable(matrix.kernels[0].name));
      text += list_text(object, matrix.kernels.data(), matrix.answers[i].data(), details);
    } else {
      text += fmt::format("{}\n{}", printable(object.name), list_text(object, nullptr, nullptr, details));
    }
    text += '\n';
  }
  const std::size_t objects_end = text.size();
  for (const std::string& line : core_summary(matrix)) text += line + '\n';
  for (const std::string& line : core_unread(matrix)) text += printable(line) + '\n';
  if (modules_disagree(matrix)) {
    text +=
        "All modules of a package or directory count as loaded. Where they make an access ambiguous, name those that "
        "are with --modules.\n";
  }
  if (text.size() == objects_end && text.ends_with("\n\n")) text.pop_back();  // nothing follows
  return text;
}

}  // namespace btfx
