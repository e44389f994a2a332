#include "emit/report/co_re_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "emit/report/co_re_report.h"
#include "emit/report/matrix_page.h"

namespace btfx {

namespace {

VerdictLook look_of(const CoreResult& result) {
  switch (result.verdict) {
    case CoreVerdict::ok:
    case CoreVerdict::same:
      return VerdictLook::good;
    case CoreVerdict::absent:
      return VerdictLook::none;
    default:
      return result.guard == CoreGuard::none ? VerdictLook::bad : VerdictLook::none;
  }
}

/// The verdict as a reader of the page wants it: whether the instruction held the value before is no matter, whether
/// poison does harm is.
std::string word_of(const CoreResult& result) {
  if (result.verdict == CoreVerdict::same) return std::string(to_string(CoreVerdict::ok));
  const std::string_view guard = to_string(result.guard);
  return fmt::format("{}{}{}{}", to_string(result.verdict), guard.empty() ? "" : " (", guard, guard.empty() ? "" : ")");
}

/// What there is to say about one relocation on one kernel.
void add_details(const CoreObject& object, std::string_view name, std::size_t index, const CoreColumn& kernel,
                 const CoreResult& result, std::vector<std::string>& lines) {
  const CoreRelocation& relocation = object.relocations[index];
  std::string where =
      fmt::format("{}: {}, instruction {}", name, object.programs[relocation.program].name, relocation.program_insn);
  if (!relocation.file.empty()) where += fmt::format(", {}:{}", relocation.file, relocation.line);
  lines.push_back(std::move(where));
  const std::size_t code = relocation.source.find_first_not_of(" \t");
  if (code != std::string_view::npos) lines.push_back("    " + std::string(relocation.source.substr(code)));
  lines.push_back("  asks " + relocation.spec +
                  (relocation.own_value ? " = " + core_number(*relocation.own_value, relocation.own_is_signed) : ""));
  if (result.access) {
    lines.push_back(fmt::format("  finds {}{} in {}", result.spec,
                                result.new_value ? " = " + core_number(*result.new_value, result.is_signed) : "",
                                kernel.parts[result.part]));
  }
  std::string verdict = fmt::format("  {}", to_string(result.verdict));
  if (result.guard == CoreGuard::existence) verdict += ", but the program asks whether it is there";
  if (result.guard == CoreGuard::unreachable) verdict += ", but the program does not get there";
  if (result.guard == CoreGuard::not_loaded)
    verdict += ", but the program is left out unless its loader is told otherwise";
  if (!result.message.empty()) verdict += ": " + result.message;
  if (result.beyond_reference) verdict += " (the reference does not get that far)";
  lines.push_back(std::move(verdict));
  for (const CoreCandidate& candidate : result.candidates) {
    if (candidate.message.empty()) continue;
    lines.push_back(
        fmt::format("  not [{}] in {}: {}", raw(candidate.id), kernel.parts[candidate.part], candidate.message));
  }
  for (const Diagnostic& finding : result.findings) lines.push_back("  " + core_finding(finding));
}

MatrixCell cell_of(const CoreObject& object, std::string_view name, const CoreRow& row, const CoreColumn& kernel,
                   const CoreAnswer& answer) {
  const CoreResult& worst = row_result(row, answer);
  MatrixCell cell{look_of(worst), word_of(worst)};
  if (worst.new_value && worst.verdict <= CoreVerdict::same)
    cell.value = core_number(*worst.new_value, worst.is_signed);
  for (const std::size_t i : row.relocations) add_details(object, name, i, kernel, answer.results[i], cell.details);
  const bool is_odd =
      std::ranges::any_of(row.relocations, [&](std::size_t i) { return answer.results[i].has_warning(); });
  if (is_odd && cell.look != VerdictLook::bad) {
    cell.look = VerdictLook::odd;
    cell.word += " (warning)";
  }
  return cell;
}

/// Of one object its line, of several how many load everywhere, and the lines of the others.
std::vector<std::string> summary_of_read(const CoreMatrix& matrix) {
  std::vector<std::string> all = core_summary(matrix);
  if (all.size() < 2) return all;
  std::vector<std::string> lines{{}};
  auto line = all.begin();
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    if (matrix.objects[i].error) continue;  // which has no line
    if (!std::ranges::all_of(matrix.answers[i], &CoreAnswer::loads)) lines.push_back(*line);
    ++line;
  }
  lines.front() = fmt::format("{} of {} objects load on all of these", all.size() + 1 - lines.size(), all.size());
  return lines;
}

/// The same, and what could not be read, which has no rows.
std::vector<std::string> summary_of(const CoreMatrix& matrix) {
  std::vector<std::string> lines = summary_of_read(matrix);
  for (const CoreObject& object : matrix.objects) {
    if (object.error) lines.push_back(fmt::format("not read: {}", object.error->what()));
  }
  for (const CoreUnread& unread : matrix.unread) lines.push_back(fmt::format("not read: {}", unread.error.what()));
  return lines;
}

}  // namespace

std::string core_page(const CoreMatrix& matrix, const PageOrigin& origin) {
  const std::vector<std::string> columns = core_kernel_names(matrix);
  MatrixPage page("CO-RE relocations", "What these objects ask of each kernel, and what they get", "asked", columns);
  page.explain(
      {{"ok", "the instruction gets this value, or has it already"},
       {"ok (warning)", "it gets this value, but the program does not get what it means: the details say why"},
       {"absent", "nothing matches, and the answer is 0"},
       {"poison", "nothing matches, and a program in which the verifier reaches the instruction does not load"},
       {"poison (guarded)", "the verifier does not get there, as far as is known"},
       {"poison (optional)",
        "the same in a program that is left out unless its loader is told otherwise; so ambiguous and error, too"},
       {"ambiguous", "several types match and differ: the object does not load"},
       {"error", "the object does not load"}},
      "only what may fail");
  const std::vector<std::string> names = core_object_names(matrix);
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    const CoreObject& object = matrix.objects[i];
    for (const CoreRow& row : core_rows(object)) {
      const CoreRelocation& relocation = object.relocations[row.first];
      std::vector<MatrixCell> cells;
      for (std::size_t k = 0; k < columns.size(); ++k) {
        cells.push_back(cell_of(object, names[i], row, matrix.kernels[k], matrix.answers[i][k]));
      }
      const std::string asked = fmt::format("{} {}", relocation.path, core_kind_name(relocation));
      page.add(matrix.objects.size() == 1 ? asked : fmt::format("{}: {}", names[i], asked), cells);
    }
  }
  return page.finish(origin, summary_of(matrix));
}

}  // namespace btfx
