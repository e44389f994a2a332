#include "emit/report/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/printable.h"

namespace btfx {

namespace {

constexpr std::array outcomes{CheckOutcome::ok, CheckOutcome::no_btf, CheckOutcome::unrelocatable,
                              CheckOutcome::mismatch, CheckOutcome::invalid};
constexpr std::size_t column_width = 17;  // "does not relocate"

/// What to say behind the verdict: the reason, or else a warning, or else that it is a BPF object.
const Diagnostic* first_remark(const CheckResult& result) {
  if (const Diagnostic* reason = result.reason()) return reason;
  const auto warning = std::ranges::find(result.findings, Severity::warning, &Diagnostic::severity);
  if (warning != result.findings.end()) return &*warning;
  const auto what = std::ranges::find_if(result.findings,
                                         [](const Diagnostic& finding) { return finding.code.word() == "bpf-object"; });
  return what == result.findings.end() ? nullptr : &*what;
}

/// One line, whatever is in it; the lines that the kernel's log has of one fault become one.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != '\t') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return printable(line);
}

/// What was found, indented: the lines of the kernel's log as it has them, those behind the first further in.
std::string indented(std::string_view text) {
  std::string lines;
  for (std::string_view rest = text;; rest.remove_prefix(rest.find('\n') + 1)) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    lines += fmt::format("{}{}\n", lines.empty() ? "    " : "        ", printable(line));
    if (rest.find('\n') == std::string_view::npos) return lines;
  }
}

/// The first clause of a reason without its example, as far as it fits on a line; " ..." tells that there is more.
std::string beginning(std::string_view reason) {
  constexpr std::size_t most = 120;
  std::string_view text = reason.substr(0, std::min(reason.find("; "), reason.find(", as ")));
  if (text.size() > most) {
    const std::size_t blank = text.find_last_of(' ', most);
    text = text.substr(0, blank == std::string_view::npos ? most : blank);
  }
  return std::string(text) + (text.size() < reason.size() ? " ..." : "");
}

std::string finding_line(const Diagnostic& finding) {
  const std::string place = to_string(finding.place);
  return fmt::format("{}: {}{}{} [{}]", severity_word(finding.severity), place, place.empty() ? "" : ": ", finding.text,
                     finding.code.word());
}

}  // namespace

bool is_good(const Checked& checked, const CheckColumns& columns) {
  if (checked.error) return false;
  if (checked.has_no_btf()) return !columns.require_btf;
  return columns.find_base ? !fitting_bases(checked).empty() : checked.worst() == CheckOutcome::ok;
}

std::vector<std::string> fitting_bases(const Checked& checked) {
  std::vector<std::string> bases;
  for (const CheckedOn& on_base : checked.on) {
    if (on_base.result.outcome == CheckOutcome::ok) bases.push_back(on_base.base);
  }
  return bases;
}

std::string verdict_of(const CheckResult& result) {
  const std::string word(to_string(result.outcome));
  return result.outcome == CheckOutcome::mismatch && !result.certain ? word + "?" : word;
}

std::vector<std::string> details_of(const CheckResult& result) {
  std::vector<std::string> lines;
  for (const Diagnostic& finding : result.findings) lines.push_back(finding_line(finding));
  if (!result.bloat) return lines;
  for (const BloatCause& cause : result.bloat->causes) {
    lines.push_back(fmt::format("repeated: {} types, {} bytes, because of type {}: {}", cause.types, cause.bytes,
                                raw(cause.own), cause.text));
  }
  return lines;
}

std::string check_heads(const CheckColumns& columns) {
  if (columns.names.size() < 2 || columns.find_base) return {};
  std::string line;
  for (const std::string& name : columns.names) line += fmt::format("{:<{}} ", name, column_width);
  return line + "MODULE\n";
}

std::string check_text(const Checked& checked, const CheckColumns& columns, bool details) {
  std::string line;
  std::string remark;
  const bool is_matrix = columns.names.size() > 1;
  for (const CheckedOn& on : checked.on) {
    if (!columns.find_base) {
      const std::size_t width = is_matrix ? std::max(column_width, on.base.size()) : column_width;
      line += fmt::format("{:<{}} ", verdict_of(on.result), width);
    }
    const Diagnostic* first = first_remark(on.result);
    if (first == nullptr || !remark.empty()) continue;
    remark = ": " + (is_matrix ? on.base + ": " : std::string()) + (details ? first->text : beginning(first->text));
  }
  if (columns.find_base) {
    const std::vector<std::string> fitting = fitting_bases(checked);
    line = fmt::format("{:<{}} ", fitting.empty() ? "none" : fmt::format("{}", fmt::join(fitting, ",")), column_width);
    if (!fitting.empty()) remark.clear();
  }
  std::string text = line + printable(checked.name) + one_line(remark) + "\n";
  if (!details) return text;
  for (const CheckedOn& on : checked.on) {
    for (const std::string& detail : details_of(on.result)) {
      text += indented((is_matrix ? on.base + ": " : std::string()) + detail);
    }
  }
  return text;
}

JsonRecord check_record(const Checked& checked, const CheckColumns& columns) {
  if (checked.error) return failed_record("module", checked.name, *checked.error);
  JsonRecord record{{"module", checked.name}};
  if (columns.find_base) {
    record["fits"] = fitting_bases(checked);
  } else {
    record["verdict"] = to_string(checked.worst());
  }
  JsonRecord& checks = record["checks"] = JsonRecord::array();
  for (const auto& [base, result] : checked.on) {
    JsonRecord check{
        {"base", base.empty() ? JsonRecord(nullptr) : JsonRecord(base)},
        {"verdict", to_string(result.outcome)},
        {"certain", result.certain},
        {"relation", to_string(result.relation)},
        {"types", result.types},
        {"relocates", result.relocates ? JsonRecord(*result.relocates) : JsonRecord(nullptr)},
        {"kernel_error", result.kernel.ok() ? JsonRecord(nullptr) : JsonRecord(error_name(result.kernel.error))}};
    check["findings"] = json_records(result.findings);
    if (result.bloat) {
      JsonRecord causes = JsonRecord::array();
      for (const BloatCause& cause : result.bloat->causes) {
        causes.push_back({{"type_id", raw(cause.own)},
                          {"same_type_id", raw(cause.same)},
                          {"types", cause.types},
                          {"bytes", cause.bytes},
                          {"text", cause.text}});
      }
      check["bloat"] = {{"types", result.bloat->types}, {"bytes", result.bloat->bytes}, {"causes", std::move(causes)}};
    }
    checks.push_back(std::move(check));
  }
  return record;
}

void CheckSummary::count(const Checked& checked, const CheckColumns& columns) {
  ++modules_;
  if (checked.error) {
    ++errors_;
    return;
  }
  const auto with_bloat =
      std::ranges::find_if(checked.on, [](const CheckedOn& on) { return on.result.bloat.has_value(); });
  if (with_bloat != checked.on.end()) count_bloat(with_bloat->result);
  for (const CheckedOn& on : checked.on) {
    auto counts = std::ranges::find(bases_, on.base, &std::pair<std::string, Counts>::first);
    if (counts == bases_.end()) counts = bases_.insert(bases_.end(), {on.base, {}});
    ++counts->second.of[static_cast<std::size_t>(on.result.outcome)];
    if (on.result.outcome == CheckOutcome::mismatch) ++counts->second.built_for[on.result.built_for];
  }
  without_ += checked.has_no_btf() ? 1 : 0;
  bad_ += is_good(checked, columns) || checked.has_no_btf() ? 0 : 1;
}

void CheckSummary::count_bloat(const CheckResult& result) {
  looked_for_bloat_ = true;
  const Bloat& bloat = *result.bloat;
  if (bloat.types == 0) return;
  const auto is_bloat = [](const Diagnostic& finding) { return finding.code.word() == "bloat"; };
  if (std::ranges::any_of(result.findings, is_bloat)) ++too_bloated_;
  bloat_.add(bloat.types, bloat.bytes);
  std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> of_module;
  for (const BloatCause& cause : bloat.causes) {
    auto& [types, bytes] = of_module[cause.text];
    types += cause.types;
    bytes += cause.bytes;
  }
  for (const auto& [text, counts] : of_module) bloat_causes_[std::string(text)].add(counts.first, counts.second);
}

std::vector<std::pair<std::string, CheckSummary::Repeated>> CheckSummary::worst_bloat() const {
  constexpr std::size_t most = 10;
  std::vector<std::pair<std::string, Repeated>> causes(bloat_causes_.begin(), bloat_causes_.end());
  const auto by_bytes = [](const auto& one, const auto& other) {
    return std::pair(other.second.bytes, one.first) < std::pair(one.second.bytes, other.first);
  };
  std::ranges::sort(causes, by_bytes);
  if (causes.size() > most) causes.resize(most);
  return causes;
}

std::vector<std::string> CheckSummary::bloat_lines() const {
  if (!looked_for_bloat_) return {};
  std::vector<std::string> lines{
      fmt::format("repeated: {} types, {} bytes in {} of {} modules, which `btfx dedup` drops", bloat_.types,
                  bloat_.bytes, bloat_.modules, modules_)};
  for (const auto& [text, repeated] : worst_bloat()) {
    lines.push_back(fmt::format("    {} types, {} bytes in {} modules: {}", repeated.types, repeated.bytes,
                                repeated.modules, text));
  }
  return lines;
}

/// What to say of a base when nine of ten modules mismatch, and name the same other release, or none.
std::optional<std::string> CheckSummary::common_mismatch(const Counts& counts) {
  const std::size_t all = std::accumulate(std::begin(counts.of), std::end(counts.of), std::size_t{0});
  const auto most = std::ranges::max_element(counts.built_for, {}, [](const auto& release) { return release.second; });
  if (all < 2 || most == counts.built_for.end() || most->second * 10 < all * 9) return std::nullopt;
  return fmt::format("{} modules were built for another vmlinux{}{}",
                     most->second == all ? fmt::format("all {}", all) : fmt::format("{} of {}", most->second, all),
                     most->first.empty() ? "" : ": ", most->first);
}

std::vector<std::string> CheckSummary::lines(const CheckColumns& columns) const {
  std::vector<std::string> lines, remarks;
  for (const auto& [base, counts] : bases_) {
    std::vector<std::string> parts;
    for (const CheckOutcome outcome : outcomes) {
      const std::size_t count = counts.of[static_cast<std::size_t>(outcome)];
      if (count != 0) parts.push_back(fmt::format("{} {}", count, to_string(outcome)));
    }
    lines.push_back(fmt::format("{}{}{}", base, base.empty() ? "" : ": ", fmt::join(parts, ", ")));
    const std::optional<std::string> common = columns.find_base ? std::nullopt : common_mismatch(counts);
    if (common) remarks.push_back(bases_.size() == 1 ? *common : fmt::format("{}: {}", base, *common));
  }
  lines.insert(lines.end(), remarks.begin(), remarks.end());
  const std::vector<std::string> sentences = answer(columns);
  // Without --find-base, the lines of the bases are the answer.
  lines.insert(lines.end(), sentences.begin() + (columns.find_base ? 0 : 1), sentences.end());
  const std::vector<std::string> repeated = bloat_lines();
  lines.insert(lines.end(), repeated.begin(), repeated.end());
  return lines;
}

std::vector<std::string> CheckSummary::answer(const CheckColumns& columns) const {
  const std::string_view what = columns.find_base          ? "belong to one of these"
                                : columns.names.size() > 1 ? "are ok on all of these"
                                                           : "are ok";
  const std::size_t good = modules_ - errors_ - bad_ - without_;
  std::vector<std::string> sentences{fmt::format("{} of {} {}", good, modules_, what)};
  if (without_ != 0) sentences.push_back(fmt::format("{} without BTF, which the kernel loads all the same", without_));
  if (errors_ != 0) sentences.push_back(fmt::format("{} could not be checked", errors_));
  for (const CheckColumns::Unread& base : columns.unread) {
    sentences.push_back(fmt::format("{} could not be read", base.source));
  }
  return sentences;
}

JsonRecord CheckSummary::record(const CheckColumns& columns) const {
  JsonRecord bases = JsonRecord::array();
  auto unread = columns.unread.begin();
  const auto add_unread = [&](std::size_t column) {
    for (; unread != columns.unread.end() && unread->column <= column; ++unread) {
      bases.push_back(failed_record("base", unread->source, unread->error));
    }
  };
  for (const auto& [base, counts] : bases_) {
    const auto number = [&of = counts.of](CheckOutcome outcome) { return of[static_cast<std::size_t>(outcome)]; };
    const auto name = std::ranges::find(columns.names, base);
    add_unread(static_cast<std::size_t>(name - columns.names.begin()));
    bases.push_back({{"base", base.empty() ? JsonRecord(nullptr) : JsonRecord(base)},
                     {"ok", number(CheckOutcome::ok)},
                     {"no_btf", number(CheckOutcome::no_btf)},
                     {"does_not_relocate", number(CheckOutcome::unrelocatable)},
                     {"mismatch", number(CheckOutcome::mismatch)},
                     {"invalid", number(CheckOutcome::invalid)}});
  }
  add_unread(columns.names.size());
  JsonRecord record{{"modules", modules_},
                    {"good", modules_ - errors_ - bad_ - without_},
                    {"errors", errors_},
                    {"bases", std::move(bases)}};
  if (!looked_for_bloat_) return record;
  JsonRecord causes = JsonRecord::array();
  for (const auto& [text, repeated] : worst_bloat()) {
    causes.push_back(
        {{"types", repeated.types}, {"bytes", repeated.bytes}, {"modules", repeated.modules}, {"text", text}});
  }
  record["bloat"] = {
      {"types", bloat_.types}, {"bytes", bloat_.bytes}, {"modules", bloat_.modules}, {"causes", std::move(causes)}};
  return record;
}

}  // namespace btfx
