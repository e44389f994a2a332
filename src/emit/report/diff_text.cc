#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/palette.h"
#include "base/printable.h"
#include "btf/spelling.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"
#include "emit/report/diff_walk.h"

namespace btfx {

namespace {

constexpr std::size_t overview_lines = 14;  // so that the answer and the overview fit on a screen
constexpr std::size_t note_column = 56;     // where offsets begin
constexpr std::size_t tab_width = 8;

class TextStyle {
 public:
  TextStyle(const DiffReport& report, const DiffTextOptions& options, Output& out)
      : report_(report), options_(options), out_(out), counts_(count(report)) {}

  void sources() {
    const auto source = [&](std::string_view mark, const DiffSource& side, Paint paint) {
      std::string text = fmt::format("{} {}  ({} types", mark, printable(side.name), side.types);
      if (report_.whole_kernels) text += fmt::format(", {} modules", side.modules);
      line(styled(paint, text + ")"));
    };
    source("---", report_.before, Paint::bold);
    source("+++", report_.after, Paint::bold);
  }

  void answer() {
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
      line(styled(Paint::bold, text) + fmt::format(" ({})", kinds));
    }
  }

  void modules() {
    const auto say = [&](std::string_view what, const std::vector<std::string>& names) {
      if (!names.empty()) line(fmt::format("Modules {} ({}): {}", what, names.size(), printable(enumerate(names, 8))));
    };
    say("added", report_.modules_added);
    say("removed", report_.modules_removed);
  }

  void verdicts() {
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
      line(styled(Paint::yellow, "No modules were found that could be judged."));
    } else if (rebuilt.empty()) {
      line(styled(Paint::green,
                  all == 1 ? fmt::format("Safe: {} need not be rebuilt.", printable(report_.verdicts[0].module))
                           : fmt::format("Safe: none of {} modules needs to be rebuilt.", all)));
    } else {
      line(styled(Paint::red, fmt::format("{} of {} modules {} to be rebuilt: {}", rebuilt.size(), all,
                                          rebuilt.size() == 1 ? "needs" : "need", printable(enumerate(rebuilt, 12)))));
    }
    if (!touched.empty()) {
      line(fmt::format("{} {} safe to load, but {} what changed through pointers, names or calls: {}", touched.size(),
                       touched.size() == 1 ? "module is" : "modules are", touched.size() == 1 ? "uses" : "use",
                       printable(enumerate(touched, 6))));
    }
  }

  /// What can hurt, in a line each; what only follows from it is with its cause, and what cannot hurt is in the counts.
  void overview() {
    if (!report_.judged && counts_.by_impact[static_cast<std::size_t>(Impact::layout)] != 0) {
      line(styled(Paint::dim, "Which modules must be rebuilt? --affects MODULE... tells."));
    }
    if (report_.changes.empty()) return;
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
      const std::string impact = styled(paint_of(change.impact), text.substr(0, 13));
      const std::string parts = change.kind == ChangeKind::moved ? std::string() : module_names(parts_of(change), 2);
      line(impact + text.substr(13) + printable(summarise(change)) + (parts.empty() ? "" : "  // " + parts));
    }
    if (shown < listed) line(fmt::format("  ... and {} more, all below", listed - shown));
  }

  void change(const ReportedChange& reported) {
    const Change& change = reported.change;
    const bool is_short =
        (change.kind == ChangeKind::added || change.kind == ChangeKind::removed) && reported.affected == nullptr;
    if (!is_short || !was_short_) line("");
    was_short_ = is_short;
    if (!is_short) put_heading(reported);
    if (reported.affected != nullptr) put_affected(*reported.affected);
    for (const HunkLine& shown : hunk_lines(change)) put_hunk_line(shown, is_short ? &reported : nullptr);
  }

  void finish() { out_.flush(); }

 private:
  [[nodiscard]] std::string styled(Paint paint, std::string_view text) const {
    return painted(options_.color ? paint : Paint::plain, text);
  }
  static Paint paint_of(Impact impact) {
    constexpr std::array<Paint, 4> paints{Paint::dim, Paint::yellow, Paint::yellow, Paint::red};
    return paints[static_cast<std::size_t>(impact)];
  }
  void line(std::string_view text) {
    out_.write(text);
    out_.write("\n");
  }

  [[nodiscard]] static std::string name_of(const Change& change) {
    const TypeView type = change.subject().view();
    if (type.name().empty() && is_enum(type.kind()) && type.vlen() != 0) {
      return printable(fmt::format("enum {{ {}, ... }}", type.btf().string(type.enumerator_name(0))));
    }
    return printable(spell_name(type));
  }

  void put_heading(const ReportedChange& reported) {
    const Change& change = reported.change;
    line(styled(Paint::cyan, fmt::format("@@ {} @@", name_of(change))) + " " +
         styled(paint_of(change.impact), to_string(change.impact)) + ": " + printable(summarise(change)));
    if (change.kind == ChangeKind::moved) return;  // its summary names the parts
    if (const std::string parts = module_names(reported.parts, 8); !parts.empty()) line(fmt::format("   in {}", parts));
  }

  /// Where a change is, if that is anywhere else than in vmlinux.
  [[nodiscard]] static std::string module_names(const std::vector<std::string>& parts, std::size_t limit) {
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
    if (!refused.empty()) line(styled(Paint::red, "   must be rebuilt: " + printable(enumerate(refused, 8))));
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (others[i].empty()) continue;
      line(fmt::format("   {}: {}", to_string(static_cast<Dependence>(i)), printable(enumerate(others[i], 8))));
    }
  }

  void put_hunk_line(const HunkLine& shown, const ReportedChange* reported) {
    using Sort = HunkLine::Sort;
    const std::size_t tabs = std::min(shown.text.find_first_not_of('\t'), shown.text.size());
    const std::string body = printable(std::string_view(shown.text).substr(tabs));
    const char mark = shown.sort == Sort::removed ? '-' : shown.sort == Sort::added ? '+' : ' ';
    std::string text = mark + std::string(tabs, '\t') + body;
    if (!shown.note.empty()) {
      const std::size_t width = (tabs == 0 ? 1 : tabs * tab_width) + body.size();
      text += std::string(width < note_column ? note_column - width : 1, ' ') + fmt::format("/* {} */", shown.note);
    }
    if (reported != nullptr) {
      if (const std::string parts = module_names(reported->parts, 3); !parts.empty()) text += "  // " + parts;
    }
    const Paint paint = shown.sort == Sort::removed ? Paint::red
                        : shown.sort == Sort::added ? Paint::green
                                                    : Paint::plain;
    line(styled(paint, text));
  }

  const DiffReport& report_;
  const DiffTextOptions& options_;
  BufferedOutput out_;
  DiffCounts counts_;
  bool was_short_ = false;  // the last change took one line
};

}  // namespace

void write_diff_text(const DiffReport& report, const DiffTextOptions& options, Output& out) {
  TextStyle style(report, options, out);
  walk_diff(report, options.summary, style);
}

}  // namespace btfx
