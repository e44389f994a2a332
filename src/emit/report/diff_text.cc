#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/counted.h"
#include "base/palette.h"
#include "base/printable.h"
#include "btf/spelling.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"
#include "emit/report/diff_walk.h"

namespace btfx {

namespace {

constexpr std::size_t overview_lines = 14;  // so that the answer and the overview fit on a screen

/// How many changes there are, by severity and by kind.
std::string answer_line(const DiffReport& report, const DiffCounts& counts, bool color) {
  if (report.changes.empty()) {
    const bool same_modules = report.modules_added.empty() && report.modules_removed.empty();
    return !report.complete    ? "No differences in what could be read."
           : report.restricted ? "No differences of those asked for."
           : same_modules      ? "No differences."
                               : "No differences in what both have.";
  }
  std::string text = counted(report.changes.size(), "change") + ":";
  for (std::size_t i = counts.by_impact.size(); i-- > 0;) {
    if (counts.by_impact[i] == 0) continue;
    text +=
        fmt::format("{} {} {}", text.back() == ':' ? "" : ",", counts.by_impact[i], to_string(static_cast<Impact>(i)));
  }
  std::string kinds;
  for (const ChangeKind kind :
       {ChangeKind::changed, ChangeKind::added, ChangeKind::removed, ChangeKind::renamed, ChangeKind::moved}) {
    const std::uint64_t many = counts.by_kind[static_cast<std::size_t>(kind)];
    if (many != 0) kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", many, to_string(kind));
  }
  return painted(color ? Paint::bold : Paint::plain, text) + fmt::format(" ({})", kinds);
}

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

  void answer() { line(answer_line(report_, counts_, options_.color)); }

  void modules() {
    const auto say = [&](std::string_view what, const std::vector<std::string>& names) {
      if (!names.empty()) line(fmt::format("Modules {} ({}): {}", what, names.size(), printable(list_of(names, 8))));
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
      line(styled(Paint::red, fmt::format("{} of {} {} to be rebuilt: {}", rebuilt.size(), counted(all, "module"),
                                          rebuilt.size() == 1 ? "needs" : "need", printable(list_of(rebuilt, 12)))));
      compare_with_relocate(rebuilt.size());
    }
    if (!touched.empty()) {
      line(fmt::format("{} safe to load, but {} what changed through pointers, names or calls: {}",
                       counted(touched.size(), "module is", "modules are"), touched.size() == 1 ? "uses" : "use",
                       printable(list_of(touched, 6))));
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
  /// Why `relocate` refuses fewer modules than need to be rebuilt, where it does.
  void compare_with_relocate(std::size_t rebuilt) {
    std::size_t unnoticed = 0, unlinked = 0;
    for (const ModuleVerdict& verdict : report_.verdicts) {
      if (!verdict.needs_rebuild || !verdict.message.empty()) continue;
      const bool lacks_symbol =
          std::ranges::find(verdict.effects, lost_symbol_reason, &Effect::reason) != verdict.effects.end();
      ++(lacks_symbol ? unlinked : unnoticed);
    }
    if (unnoticed + unlinked == 0) return;
    std::string why;
    if (unnoticed != 0) {
      why = fmt::format("in {} the kernel does not notice what changed, of which `relocate` warns", unnoticed);
    }
    if (unlinked != 0) {
      why += fmt::format("{}{} {} what is gone", why.empty() ? "" : ", and ", unlinked,
                         unlinked == 1 ? "imports" : "import");
    }
    line(fmt::format("`btfx relocate` refuses {} of them: {}.", rebuilt - unnoticed - unlinked, why));
  }
  /// Modules with commas: the first few, or all of them if that was asked for.
  [[nodiscard]] std::string list_of(const std::vector<std::string>& modules, std::size_t few) const {
    return enumerate(modules, options_.all_modules ? modules.size() : few);
  }
  [[nodiscard]] std::string styled(Paint paint, std::string_view text) const {
    return painted(options_.color ? paint : Paint::plain, text);
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
    if (!refused.empty()) line(styled(Paint::red, "   must be rebuilt: " + printable(list_of(refused, 8))));
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (others[i].empty()) continue;
      line(fmt::format("   {}: {}", to_string(static_cast<Dependence>(i)), printable(list_of(others[i], 8))));
    }
  }

  void put_hunk_line(const HunkLine& shown, const ReportedChange* reported) {
    std::string text = hunk_text(shown);
    if (reported != nullptr) {
      if (const std::string parts = module_names(reported->parts, 3); !parts.empty()) text += "  // " + parts;
    }
    line(styled(paint_of(shown.sort), text));
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

void write_diff_stat(const DiffReport& report, bool color, Output& out) {
  const auto source = [&](const DiffSource& side) {
    return fmt::format("{} ({} types{})", printable(side.name), side.types,
                       report.whole_kernels ? fmt::format(", {} modules", side.modules) : "");
  };
  const DiffCounts counts = count(report);
  std::string modules;
  if (!report.judged) {
    modules = "Modules were not judged.";
  } else if (counts.rebuilds == 0) {
    modules = report.verdicts.size() == 1
                  ? std::string("The module need not be rebuilt.")
                  : fmt::format("None of {} modules needs to be rebuilt.", report.verdicts.size());
  } else {
    modules = fmt::format("{} of {} {} to be rebuilt.", counts.rebuilds, counted(report.verdicts.size(), "module"),
                          counts.rebuilds == 1 ? "needs" : "need");
  }
  const Paint paint = !report.judged ? Paint::plain : counts.rebuilds == 0 ? Paint::green : Paint::red;
  out.write(fmt::format("{} -> {}\n{}\n{}\n", source(report.before), source(report.after),
                        answer_line(report, counts, color), painted(color ? paint : Paint::plain, modules)));
}

}  // namespace btfx
