#include "emit/report/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

#include "base/counted.h"
#include "base/palette.h"
#include "base/printable.h"

namespace btfx {

namespace {

constexpr std::array outcomes{CheckOutcome::ok, CheckOutcome::no_btf, CheckOutcome::unrelocatable,
                              CheckOutcome::mismatch, CheckOutcome::invalid};
constexpr std::size_t column_width = 17;  // "does not relocate"
constexpr std::size_t least_width = 9;    // "mismatch?"; "does not"
constexpr std::size_t least_module = 20;
constexpr std::size_t max_causes_on_page = 5;  // of each module: thousands of modules have hundreds of causes each

/// Whether it repeats more than is allowed.
bool is_too_bloated(const CheckResult& result, const CheckColumns& columns) {
  return columns.bloat_threshold && result.bloat && result.find("bloat") != nullptr;
}

/// What to say behind the verdict: the reason, or else a warning, or else that it is a BPF object.
const Diagnostic* first_remark(const CheckResult& result, const CheckColumns& columns) {
  if (const Diagnostic* reason = result.reason()) return reason;
  if (is_too_bloated(result, columns)) return result.find("bloat");
  const auto warning = std::ranges::find(result.findings, Severity::warning, &Diagnostic::severity);
  return warning != result.findings.end() ? &*warning : result.find("bpf-object");
}

/// Whether there is a warning that no other line of the report tells.
bool has_warning(const CheckedOn& on) {
  return std::ranges::any_of(on.result.findings, [](const Diagnostic& finding) {
    return finding.severity == Severity::warning && finding.code.word() != "bloat";
  });
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

std::string finding_line(const Diagnostic& finding) {
  const std::string place = to_string(finding.place);
  return fmt::format("{}: {}{}{} [{}]", severity_word(finding.severity), place, place.empty() ? "" : ": ", finding.text,
                     finding.code.word());
}

/// The verdict on one base.
std::string verdict_of(const CheckResult& result, const CheckColumns& columns) {
  if (result.outcome == CheckOutcome::ok && is_too_bloated(result, columns)) return "bloat";
  const std::string word(to_string(result.outcome));
  return result.outcome == CheckOutcome::mismatch && !result.certain ? word + "?" : word;
}

Paint paint_of(const CheckResult& result, const CheckColumns& columns) {
  switch (result.outcome) {
    case CheckOutcome::ok:
      return is_too_bloated(result, columns) ? Paint::red : Paint::green;
    case CheckOutcome::no_btf:
      return Paint::yellow;
    case CheckOutcome::unrelocatable:
    case CheckOutcome::mismatch:
    case CheckOutcome::invalid:
      break;
  }
  return Paint::red;
}

/// Everything that was found, a line each; of the causes of repetition at most so many, the most expensive ones.
std::vector<std::string> details_of(const CheckResult& result, std::size_t most_causes) {
  std::vector<std::string> lines;
  for (const Diagnostic& finding : result.findings) lines.push_back(finding_line(finding));
  if (!result.bloat) return lines;
  const std::vector<BloatCause>& causes = result.bloat->causes;
  for (std::size_t i = 0; i < std::min(causes.size(), most_causes); ++i) {
    lines.push_back(fmt::format("repeated: {} types, {} bytes, because of type {}: {}", causes[i].types,
                                causes[i].bytes, raw(causes[i].own), causes[i].text));
  }
  if (causes.size() > most_causes) lines.push_back(fmt::format("and {} other causes", causes.size() - most_causes));
  return lines;
}

/// The key of the cell for a base: a blank in front keeps it apart from the names of fields.
std::string column_key(const std::string& base) {
  return " " + base;
}

/// One base in JSON.
Record base_record(const CheckedOn& on) {
  const CheckResult& result = on.result;
  Record record{{"base", or_null(on.base)},
                {"verdict", to_string(result.outcome)},
                {"certain", result.certain},
                {"relation", to_string(result.relation)},
                {"types", result.types},
                {"relocates", result.relocates},
                {"kernel_error", result.kernel.ok() ? Value() : Value(error_name(result.kernel.error))},
                {"loads_without", result.loads_without},
                {"findings", records_of(result.findings)}};
  if (!result.bloat) return record;
  Value::List causes;
  for (const BloatCause& cause : result.bloat->causes) {
    causes.emplace_back(Record{{"type_id", raw(cause.own)},
                               {"same_type_id", raw(cause.same)},
                               {"types", cause.types},
                               {"bytes", cause.bytes},
                               {"text", cause.text}});
  }
  record.add("bloat", Record{{"types", result.bloat->types}, {"bytes", result.bloat->bytes}, {"causes", causes}});
  return record;
}

/// The reason, or else a remark, of the first base that there is one about.
std::string remark_on(const Checked& checked, const CheckColumns& columns) {
  for (const auto& [base, result, found] : checked.on) {
    const Diagnostic* first = first_remark(result, columns);
    if (first == nullptr) continue;
    const bool is_bloat = first->code.word() == "bloat" && is_too_bloated(result, columns);
    return fmt::format(": {}{}{}{}", columns.names.size() > 1 ? base + ": " : "",
                       first->severity == Severity::warning && !is_bloat ? "warning: " : "",
                       result.loads_without ? "loads without its BTF: " : "", first->text);
  }
  return {};
}

/// Whether the kernels accept it, or with --find-base one of them, however much it repeats.
bool is_right(const Checked& checked, const CheckColumns& columns) {
  return columns.find_base ? !fitting_bases(checked).empty() : checked.worst() == CheckOutcome::ok;
}

}  // namespace

bool is_good(const Checked& checked, const CheckColumns& columns) {
  if (checked.has_no_btf()) return !columns.require_btf;
  return is_right(checked, columns) &&
         std::ranges::none_of(checked.on, [&](const CheckedOn& on) { return is_too_bloated(on.result, columns); });
}

std::vector<std::string> fitting_bases(const Checked& checked) {
  std::vector<std::string> bases;
  for (const CheckedOn& on_base : checked.on) {
    if (on_base.result.outcome == CheckOutcome::ok) bases.push_back(on_base.base);
  }
  return bases;
}

bool has_heads(const CheckColumns& columns) {
  return columns.names.size() > 1 && !columns.find_base;
}

Table check_table(const CheckColumns& columns, Reasons reasons) {
  constexpr auto left = Column::Align::left;
  using Cut = Column::Cut;
  std::vector<Column> shown;
  if (columns.find_base) {
    shown.push_back({"fits", {}, column_width, left, 1, Cut::middle, column_width});
  } else if (columns.names.size() > 1) {
    for (const std::string& name : columns.names) {
      Column column{column_key(name), name, std::max(column_width, text_width(name)), left, 1, Cut::end, least_width};
      column.short_head = name.substr(name.rfind('/') + 1);
      shown.push_back(std::move(column));
    }
  } else {
    shown.push_back({"verdict", {}, column_width});
  }
  const Cut cut = reasons == Reasons::whole ? Cut::wrap : Cut::text;
  shown.push_back({"module", "MODULE", 0, left, 1, cut, least_module});
  return Table(std::move(shown));
}

Record check_record(const Checked& checked, const CheckColumns& columns, bool details) {
  Record record;
  const std::vector<std::string> fitting = columns.find_base ? fitting_bases(checked) : std::vector<std::string>();
  const std::string remark = fitting.empty() ? remark_on(checked, columns) : std::string();
  record.add("module", checked.name, printable(checked.name) + one_line(remark));
  if (columns.find_base) {
    record.add("fits", fitting, fitting.empty() ? "none" : fmt::format("{}", fmt::join(fitting, ",")));
    record.paint("fits", fitting.empty() ? Paint::red : Paint::green);
  } else {
    record.add("verdict", to_string(checked.worst()), verdict_of(checked.on.front().result, columns));
    record.paint("verdict", paint_of(checked.on.front().result, columns));
  }
  Value::List checks;
  for (const CheckedOn& on : checked.on) {
    checks.emplace_back(base_record(on));
    record.add_text(column_key(on.base), verdict_of(on.result, columns));
    record.paint(column_key(on.base), paint_of(on.result, columns));
    const std::string whose = columns.names.size() > 1 ? on.base + ": " : std::string();
    const Diagnostic* origin = on.result.find("origin");
    if (!details && origin != nullptr) record.add_note(whose + origin->text);
    if (!details) continue;
    for (const std::string& detail : details_of(on.result, SIZE_MAX)) record.add_note(whose + detail);
  }
  record.add("checks", std::move(checks));
  return record;
}

MatrixPage check_page(const CheckColumns& columns, bool with_bloat) {
  MatrixPage page("BTF check", columns.find_base ? "Which kernel each module belongs to" : "Would the kernel take it?",
                  "module", columns.names.empty() ? std::vector<std::string>{"verdict"} : columns.names);
  const auto word = [](CheckOutcome outcome) { return std::string(to_string(outcome)); };
  page.explain({{word(CheckOutcome::ok), "the kernel takes the BTF, and nothing speaks against this base"},
                {word(CheckOutcome::no_btf), "the module carries none, and the kernel loads it without"},
                {word(CheckOutcome::unrelocatable), "the module is distilled, and does not fit this base"},
                {word(CheckOutcome::mismatch), "it was built for another base"},
                {word(CheckOutcome::invalid), "it breaks the rules of BTF, or its parts do not fit together"},
                {"not checked", "it could not be read"}},
               "only what is not ok");
  page.measure("bytes of BTF", with_bloat ? "repeated bytes" : "");
  return page;
}

MatrixSize check_size(const Checked& checked) {
  MatrixSize size;
  for (const CheckedOn& on : checked.on) {
    size.whole = std::max(size.whole, on.result.bytes);
    if (size.part == 0 && on.result.bloat) size.part = on.result.bloat->bytes;
  }
  return size;
}

std::vector<MatrixCell> check_cells(const Checked& checked, const CheckColumns& columns) {
  // Among kernels that are searched for the right one, being another is no fault.
  const VerdictLook other = columns.find_base && !fitting_bases(checked).empty() ? VerdictLook::none : VerdictLook::bad;
  const bool is_odd = checked.has_no_btf() && !columns.require_btf;
  std::vector<MatrixCell> cells;
  for (const CheckedOn& on : checked.on) {
    const bool is_ok = on.result.outcome == CheckOutcome::ok, is_bloated = is_too_bloated(on.result, columns);
    cells.push_back({is_ok && is_bloated ? VerdictLook::bad
                     : is_ok             ? VerdictLook::good
                     : is_odd            ? VerdictLook::odd
                                         : other,
                     verdict_of(on.result, columns), details_of(on.result, max_causes_on_page)});
  }
  return cells;
}

std::vector<MatrixCell> check_cells(const Error& error, const CheckColumns& columns) {
  const MatrixCell failed{VerdictLook::odd, "not checked", {error.what()}};
  return std::vector(std::max<std::size_t>(columns.names.size(), 1), failed);
}

void CheckSummary::fail() {
  ++modules_;
  ++errors_;
}

void CheckSummary::count(const Checked& checked, const CheckColumns& columns) {
  ++modules_;
  const auto with_bloat =
      std::ranges::find_if(checked.on, [](const CheckedOn& on) { return on.result.bloat.has_value(); });
  if (with_bloat != checked.on.end()) count_bloat(with_bloat->result);
  for (const CheckedOn& on : checked.on) {
    auto counts = std::ranges::find(bases_, on.base, &std::pair<std::string, Counts>::first);
    if (counts == bases_.end()) counts = bases_.insert(bases_.end(), {on.base, {}});
    ++counts->second.of[static_cast<std::size_t>(on.result.outcome)];
    if (on.result.loads_without) ++counts->second.loads_without;
    if (on.result.outcome == CheckOutcome::mismatch) ++counts->second.built_for[on.result.built_for];
  }
  without_ += checked.has_no_btf() ? 1 : 0;
  if (checked.has_no_btf()) return;
  if (!is_good(checked, columns)) {
    ++bad_;
  } else if (!columns.find_base && std::ranges::any_of(checked.on, has_warning)) {
    ++with_warnings_;
  }
}

void CheckSummary::count_bloat(const CheckResult& result) {
  looked_for_bloat_ = true;
  const Bloat& bloat = *result.bloat;
  if (bloat.types == 0) return;
  if (result.find("bloat") != nullptr) ++too_bloated_;
  bloat_.add(bloat.types, bloat.bytes);
  for (const BloatCause& cause : bloat.causes) {
    auto found = bloat_causes_.find(std::string_view(cause.text));
    if (found == bloat_causes_.end()) found = bloat_causes_.emplace(cause.text, RepeatedCause()).first;
    RepeatedCause& repeated = found->second;
    repeated.types += cause.types;
    repeated.bytes += cause.bytes;
    if (std::exchange(repeated.last_module, modules_) != modules_) ++repeated.modules;
  }
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

std::vector<std::string> CheckSummary::bloat_lines(const CheckColumns& columns, bool details) const {
  if (!looked_for_bloat_) return {};
  std::string total =
      fmt::format("repeated: {}, {} in {} of {}, which `btfx dedup` drops", counted(bloat_.types, "type"),
                  counted(bloat_.bytes, "byte"), bloat_.modules, counted(modules_, "module"));
  if (columns.bloat_threshold) {
    total += fmt::format("; {} {} or more", counted(too_bloated_, "repeats", "repeat"),
                         counted(*columns.bloat_threshold, "byte"));
  }
  std::vector<std::string> lines{std::move(total)};
  if (!details) return lines;
  for (const auto& [text, repeated] : worst_bloat()) {
    lines.push_back(fmt::format("    {}, {} in {}: {}", counted(repeated.types, "type"),
                                counted(repeated.bytes, "byte"), counted(repeated.modules, "module"), text));
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

std::vector<std::string> CheckSummary::lines(const CheckColumns& columns, bool details) const {
  std::vector<std::string> lines, remarks;
  for (const auto& of_base : bases_) {
    const std::string& base = of_base.first;  // clang 14 lets no lambda capture a binding
    const Counts& counts = of_base.second;
    std::vector<std::string> parts;
    for (const CheckOutcome outcome : outcomes) {
      const std::size_t count = counts.of[static_cast<std::size_t>(outcome)];
      if (count != 0) parts.push_back(fmt::format("{} {}", count, to_string(outcome)));
    }
    lines.push_back(fmt::format("{}{}{}", base, base.empty() ? "" : ": ", fmt::join(parts, ", ")));
    const std::optional<std::string> common = columns.find_base ? std::nullopt : common_mismatch(counts);
    const auto remark = [&](const std::string& text) {
      remarks.push_back(bases_.size() == 1 ? text : fmt::format("{}: {}", base, text));
    };
    if (common) remark(*common);
    if (counts.loads_without != 0 && !columns.find_base) {
      remark(fmt::format("{} BTF: the kernel is built with MODULE_ALLOW_BTF_MISMATCH",
                         counts.loads_without == 1
                             ? "1 module loads without its"
                             : fmt::format("{} modules load without their", counts.loads_without)));
    }
  }
  lines.insert(lines.end(), remarks.begin(), remarks.end());
  const std::vector<std::string> sentences = answer(columns);
  // Without --find-base, the lines of the bases are the answer.
  lines.insert(lines.end(), sentences.begin() + (columns.find_base ? 0 : 1), sentences.end());
  if (!details && with_warnings_ != 0) lines.push_back(fmt::format("{} with warnings; -v shows them", with_warnings_));
  const std::vector<std::string> repeated = bloat_lines(columns, details);
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

Record CheckSummary::record(const CheckColumns& columns) const {
  Value::List bases;
  auto unread = columns.unread.begin();
  const auto add_unread = [&](std::size_t column) {
    for (; unread != columns.unread.end() && unread->column <= column; ++unread) {
      bases.emplace_back(failed_record("base", unread->source, unread->error));
    }
  };
  for (const auto& [base, counts] : bases_) {
    const auto number = [&of = counts.of](CheckOutcome outcome) { return of[static_cast<std::size_t>(outcome)]; };
    const auto name = std::ranges::find(columns.names, base);
    add_unread(static_cast<std::size_t>(name - columns.names.begin()));
    bases.emplace_back(Record{{"base", or_null(base)},
                              {"ok", number(CheckOutcome::ok)},
                              {"no_btf", number(CheckOutcome::no_btf)},
                              {"does_not_relocate", number(CheckOutcome::unrelocatable)},
                              {"mismatch", number(CheckOutcome::mismatch)},
                              {"invalid", number(CheckOutcome::invalid)},
                              {"loads_without", counts.loads_without}});
  }
  add_unread(columns.names.size());
  Record record{{"modules", modules_},
                {"good", modules_ - errors_ - bad_ - without_},
                {"errors", errors_},
                {"bases", std::move(bases)}};
  if (!looked_for_bloat_) return record;
  Value::List causes;
  for (const auto& [text, repeated] : worst_bloat()) {
    causes.emplace_back(
        Record{{"types", repeated.types}, {"bytes", repeated.bytes}, {"modules", repeated.modules}, {"text", text}});
  }
  record.add("bloat", Record{{"types", bloat_.types},
                             {"bytes", bloat_.bytes},
                             {"modules", bloat_.modules},
                             {"causes", std::move(causes)}});
  return record;
}

}  // namespace btfx
