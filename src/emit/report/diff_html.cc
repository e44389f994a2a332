#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/counted.h"
#include "btf/spelling.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"
#include "emit/report/diff_walk.h"
#include "emit/report/html.h"

namespace btfx {

namespace {

class HtmlStyle {
 public:
  HtmlStyle(const DiffReport& report, Output& out) : report_(report), out_(out), counts_(count(report)) {}

  void sources() {
    const std::string title =
        fmt::format("{} → {}", html_escaped(report_.before.name), html_escaped(report_.after.name));
    put(html_begin("diff", title));
    put(fmt::format("<h1>{}</h1>\n", title));
  }

  void answer() {
    if (report_.judged && !report_.verdicts.empty()) {
      const bool safe = counts_.rebuilds == 0;
      put(fmt::format("<p class=\"answer {}\">{} of {} must be rebuilt.</p>\n", safe ? "good" : "bad",
                      safe ? std::string("None") : fmt::format("{}", counts_.rebuilds),
                      counted(report_.verdicts.size(), "module")));
    }
    std::string text = counted(report_.changes.size(), "change") + ":";
    for (std::size_t i = counts_.by_impact.size(); i-- > 0;) {
      text += fmt::format(" {} {}{}", counts_.by_impact[i], to_string(static_cast<Impact>(i)), i == 0 ? "." : ",");
    }
    paragraph(text);
  }

  void modules() {
    if (!report_.modules_added.empty()) paragraph("Modules added: " + enumerate(report_.modules_added, SIZE_MAX));
    if (!report_.modules_removed.empty()) paragraph("Modules removed: " + enumerate(report_.modules_removed, SIZE_MAX));
  }

  void verdicts() {
    if (counts_.rebuilds == 0) return;
    put("<table>\n<tr><th>Must be rebuilt</th><th>because of</th></tr>\n");
    for (const ModuleVerdict& verdict : report_.verdicts) {
      if (!verdict.needs_rebuild) continue;
      std::vector<std::string> reasons = verdict.others;
      for (const Effect& effect : verdict.effects) {
        if (!effect.refused) continue;
        reasons.push_back(fmt::format("{} ({}: {})", spell_name(report_.before_base->type(effect.before)),
                                      to_string(effect.dependence), effect.reason));
      }
      put(fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", html_escaped(verdict.module),
                      html_escaped(enumerate(reasons, SIZE_MAX))));
    }
    put("</table>\n");
  }

  void overview() {
    put("<div class=\"tools\"><input type=\"search\" id=\"query\" placeholder=\"name, member, module\" "
        "aria-label=\"filter\">");
    for (std::size_t i = counts_.by_impact.size(); i-- > 0;) {
      const std::string_view word = to_string(static_cast<Impact>(i));
      put(fmt::format("<label><input type=\"checkbox\" value=\"{}\" checked> {}</label>", word, word));
    }
    put("<span id=\"shown\" class=\"says\"></span></div>\n");
  }

  void change(const ReportedChange& reported) {
    const Change& change = reported.change;
    const std::string name = html_escaped(spell_name(change.subject().view()));
    const std::string_view impact = to_string(change.impact);
    std::string text = name + " " + html_escaped(summarise(change));  // what the filter looks at
    for (const std::vector<std::string>* parts : {&change.parts_before, &change.parts_after}) {
      for (const std::string& part : *parts) text += " " + html_escaped(part);
    }
    for (const Detail& detail : change.details) text += " " + html_escaped(detail.name);
    if (reported.affected != nullptr) {
      for (const Affected& one : *reported.affected) text += " " + html_escaped(one.verdict->module);
    }
    put(
        fmt::format("<details class=\"{}\" data-text=\"{}\"><summary><b>{}</b><code>{}</code> <span class=\"says\">{}"
                    "</span></summary>\n",
                    impact, text, impact, name, html_escaped(summarise(change))));
    if (!reported.parts.empty()) {
      put(fmt::format("<div class=\"p\">in {}</div>\n", html_escaped(enumerate(reported.parts, SIZE_MAX))));
    }
    if (reported.affected != nullptr) put_affected(*reported.affected);
    put("<pre>");
    for (const HunkLine& line : hunk_lines(change)) put(hunk_html(line));
    put("</pre></details>\n");
  }

  void finish() {
    put(html_end("diff"));
    out_.flush();
  }

 private:
  void put(std::string_view text) { out_.write(text); }
  void paragraph(const std::string& text) { put(fmt::format("<p>{}</p>\n", html_escaped(text))); }

  /// The modules that must be rebuilt, then those that only use the type, by how they use it. Most only have pointers.
  void put_affected(const std::vector<Affected>& affected) {
    std::map<std::pair<bool, std::string_view>, std::vector<std::string>> groups;
    for (const Affected& one : affected) {
      groups[{!one.effect->refused, to_string(one.effect->dependence)}].push_back(one.verdict->module);
    }
    for (const auto& [use, modules] : groups) {
      const auto& [is_safe, dependence] = use;
      put(fmt::format("<div class=\"p{}\">{}{}: {}</div>\n", is_safe ? "" : " refused",
                      is_safe ? "" : "must be rebuilt, ", dependence, html_escaped(enumerate(modules, SIZE_MAX))));
    }
  }

  const DiffReport& report_;
  BufferedOutput out_;
  DiffCounts counts_;
};

}  // namespace

void write_diff_html(const DiffReport& report, Output& out) {
  HtmlStyle style(report, out);
  walk_diff(report, false, style);
}

}  // namespace btfx
