#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/printable.h"
#include "btf/spelling.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"

namespace btfx {

namespace {

constexpr std::size_t overview_lines = 14;  // so that the answer and the overview fit on a screen
constexpr std::size_t note_column = 56;     // where offsets begin
constexpr std::size_t tab_width = 8;

enum class Style : std::uint8_t { plain, bold, red, green, yellow, cyan, dim };

class TextReport {
 public:
  TextReport(const DiffReport& report, const DiffTextOptions& options, Output& out)
      : report_(report), options_(options), out_(out), counts_(count(report)) {}

  void run() {
    put_sources();
    put_answer();
    if (!report_.changes.empty()) {
      put_overview();
      if (!options_.summary) put_changes();
    }
    out_.flush();
  }

 private:
  [[nodiscard]] std::string styled(Style style, std::string_view text) const {
    constexpr std::array<std::string_view, 7> codes{"0", "1", "31", "32", "33", "36", "2"};
    if (!options_.color || style == Style::plain) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", codes[static_cast<std::size_t>(style)], text);
  }
  static Style style_of(Impact impact) {
    constexpr std::array<Style, 4> styles{Style::dim, Style::yellow, Style::yellow, Style::red};
    return styles[static_cast<std::size_t>(impact)];
  }
  void line(std::string_view text) {
    out_.write(text);
    out_.write("\n");
  }

  void put_sources() {
    const auto source = [&](std::string_view mark, const DiffSource& side, Style style) {
      std::string text = fmt::format("{} {}  ({} types", mark, printable(side.name), side.types);
      if (report_.whole_kernels) text += fmt::format(", {} modules", side.modules);
      line(styled(style, text + ")"));
    };
    source("---", report_.before, Style::bold);
    source("+++", report_.after, Style::bold);
  }

  void put_answer() {
    const bool same_modules = report_.modules_added.empty() && report_.modules_removed.empty();
    if (report_.changes.empty()) {
      line(report_.restricted ? "No differences of those asked for."
           : same_modules     ? "No differences."
                              : "No differences in what both have.");
    } else {
      std::string text =
          fmt::format("{} {}:", report_.changes.size(), report_.changes.size() == 1 ? "change" : "changes");
      for (std::size_t i = counts_.by_impact.size(); i-- > 0;) {
        if (counts_.by_impact[i] == 0) continue;
        text += fmt::format("{} {} {}", text.back() == ':' ? "" : ",", counts_.by_impact[i],
                            to_string(static_cast<Impact>(i)));
      }
      std::string kinds;
      for (const ChangeKind kind :
           {ChangeKind::changed, ChangeKind::added, ChangeKind::removed, ChangeKind::renamed, ChangeKind::moved}) {
        const std::uint64_t many = counts_.by_kind[static_cast<std::size_t>(kind)];
        if (many != 0) kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", many, to_string(kind));
      }
      line(styled(Style::bold, text) + fmt::format(" ({})", kinds));
    }
    const auto modules = [&](std::string_view what, const std::vector<std::string>& names) {
      if (!names.empty()) line(fmt::format("Modules {} ({}): {}", what, names.size(), printable(enumerate(names, 8))));
    };
    modules("added", report_.modules_added);
    modules("removed", report_.modules_removed);
    if (report_.judged) {
      put_verdicts();
    } else if (counts_.by_impact[static_cast<std::size_t>(Impact::layout)] != 0) {
      line(styled(Style::dim, "Which modules must be rebuilt? --affects MODULE... tells."));
    }
  }

  void put_verdicts() {
    std::vector<std::string> rebuilt, touched;
    for (const ModuleVerdict& verdict : report_.verdicts) {
      if (verdict.needs_rebuild) {
        rebuilt.push_back(verdict.module);
      } else if (!verdict.effects.empty()) {
        touched.push_back(verdict.module);
      }
    }
    const std::size_t all = report_.verdicts.size();
    if (all == 0) {
      line(styled(Style::yellow, "No modules were found that could be judged."));
    } else if (rebuilt.empty()) {
      line(styled(Style::green,
                  all == 1 ? fmt::format("Safe: {} need not be rebuilt.", printable(report_.verdicts[0].module))
                           : fmt::format("Safe: none of {} modules needs to be rebuilt.", all)));
    } else {
      line(styled(Style::red, fmt::format("{} of {} modules {} to be rebuilt: {}", rebuilt.size(), all,
                                          rebuilt.size() == 1 ? "needs" : "need", printable(enumerate(rebuilt, 12)))));
    }
    if (!touched.empty()) {
      line(fmt::format("{} {} safe to load, but {} what changed through pointers, names or calls: {}", touched.size(),
                       touched.size() == 1 ? "module is" : "modules are", touched.size() == 1 ? "uses" : "use",
                       printable(enumerate(touched, 6))));
    }
  }

  /// What can hurt, in a line each; what only follows from it is with its cause, and what cannot hurt is in the counts.
  void put_overview() {
    const auto is_listed = [](const Change& change) { return change.impact != Impact::compatible; };
    const auto listed = static_cast<std::size_t>(std::ranges::count_if(report_.changes, is_listed));
    if (listed == 0 && !options_.summary) return;
    line("");
    std::size_t shown = 0;
    for (const Change& change : report_.changes) {
      if (!options_.summary && (!is_listed(change) || shown == overview_lines)) continue;
      ++shown;
      std::string text = fmt::format("  {:<10} {}", to_string(change.impact), name_of(change));
      const std::size_t column = 46;
      text += std::string(text.size() < column ? column - text.size() : 1, ' ');
      const std::string impact = styled(style_of(change.impact), text.substr(0, 13));
      const std::string parts = change.kind == ChangeKind::moved ? std::string() : module_names(change, 2);
      line(impact + text.substr(13) + printable(summarise(change)) + (parts.empty() ? "" : "  // " + parts));
    }
    if (shown < listed) line(fmt::format("  ... and {} more, all below", listed - shown));
  }

  [[nodiscard]] static std::string name_of(const Change& change) {
    const TypeView type = change.subject().view();
    if (type.name().empty() && is_enum(type.kind()) && type.vlen() != 0) {
      return printable(fmt::format("enum {{ {}, ... }}", type.btf().string(type.enumerator_name(0))));
    }
    return printable(spell_name(type));
  }

  void put_changes() {
    const auto affected = affected_modules(report_);
    bool was_short = false;
    for (std::size_t i = 0; i < report_.changes.size(); ++i) {
      const Change& change = report_.changes[i];
      const auto modules = affected.find(i);
      const bool is_short =
          (change.kind == ChangeKind::added || change.kind == ChangeKind::removed) && modules == affected.end();
      if (!is_short || !was_short) line("");
      was_short = is_short;
      if (!is_short) put_heading(change);
      if (modules != affected.end()) put_affected(modules->second);
      for (const HunkLine& shown : hunk_lines(change)) put_hunk_line(shown, is_short ? &change : nullptr);
    }
  }

  void put_heading(const Change& change) {
    line(styled(Style::cyan, fmt::format("@@ {} @@", name_of(change))) + " " +
         styled(style_of(change.impact), to_string(change.impact)) + ": " + printable(summarise(change)));
    if (change.kind == ChangeKind::moved) return;  // its summary names the parts
    if (const std::string parts = module_names(change, 8); !parts.empty()) line(fmt::format("   in {}", parts));
  }

  /// Where a change is, if that is anywhere else than in vmlinux.
  [[nodiscard]] static std::string module_names(const Change& change, std::size_t limit) {
    const std::vector<std::string>& parts = change.parts_after.empty() ? change.parts_before : change.parts_after;
    const bool only_base = parts.size() == 1 && parts.front() == base_part;
    return only_base ? std::string() : printable(enumerate(parts, limit));
  }

  void put_affected(const std::vector<Affected>& affected) {
    std::vector<std::string> refused;
    std::array<std::vector<std::string>, 5> others;
    for (const Affected& one : affected) {
      if (one.effect->refused) {
        refused.push_back(
            fmt::format("{} ({}: {})", one.verdict->module, to_string(one.effect->dependence), one.effect->reason));
      } else {
        others[static_cast<std::size_t>(one.effect->dependence)].push_back(one.verdict->module);
      }
    }
    if (!refused.empty()) line(styled(Style::red, "   must be rebuilt: " + printable(enumerate(refused, 8))));
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (others[i].empty()) continue;
      line(fmt::format("   {}: {}", to_string(static_cast<Dependence>(i)), printable(enumerate(others[i], 8))));
    }
  }

  void put_hunk_line(const HunkLine& shown, const Change* told) {
    using Sort = HunkLine::Sort;
    const std::size_t tabs = std::min(shown.text.find_first_not_of('\t'), shown.text.size());
    const std::string body = printable(std::string_view(shown.text).substr(tabs));
    const char mark = shown.sort == Sort::removed ? '-' : shown.sort == Sort::added ? '+' : ' ';
    std::string text = mark + std::string(tabs, '\t') + body;
    if (!shown.note.empty()) {
      const std::size_t width = (tabs == 0 ? 1 : tabs * tab_width) + body.size();
      text += std::string(width < note_column ? note_column - width : 1, ' ') + fmt::format("/* {} */", shown.note);
    }
    if (told != nullptr) {
      if (const std::string parts = module_names(*told, 3); !parts.empty()) text += "  // " + parts;
    }
    const Style style = shown.sort == Sort::removed ? Style::red
                        : shown.sort == Sort::added ? Style::green
                                                    : Style::plain;
    line(styled(style, text));
  }

  const DiffReport& report_;
  const DiffTextOptions& options_;
  BufferedOutput out_;
  DiffCounts counts_;
};

}  // namespace

void write_diff_text(const DiffReport& report, const DiffTextOptions& options, Output& out) {
  TextReport(report, options, out).run();
}

}  // namespace btfx
