#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "btf/spelling.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"
#include "emit/report/diff_walk.h"
#include "emit/report/html.h"

namespace btfx {

namespace {

using Json = nlohmann::json;

/// Texts that occur often, each kept once.
class Numbered {
 public:
  std::size_t number_of(const std::string& text) {
    const auto [known, is_new] = numbers_.try_emplace(text, texts_.size());
    if (is_new) texts_.push_back(text);
    return known->second;
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

/// Writes the page. Most of it is data for its script:
///
///     impacts   the words of severities, the worst first
///     modules   names
///     lists     of numbers of modules, each list once: most types that are changed are used by the same modules
///     changes   [name, number of its impact, summary, lines, parts, uses]; the lines begin with -, + or a blank; uses
///               are [must be rebuilt, how it is used, number of the list]
///     reasons   why modules must be rebuilt, each once
///     rebuilds  [number of the module, numbers of its reasons]
class HtmlStyle {
 public:
  HtmlStyle(const DiffReport& report, const PageOrigin& origin, Output& out)
      : report_(report), origin_(origin), out_(out), counts_(count(report)) {}

  void sources() {
    const auto name = [](const DiffSource& side) { return side.release.empty() ? side.name : side.release; };
    const bool same = name(report_.before) == name(report_.after);
    const std::string title = fmt::format("{} → {}", html_escaped(same ? report_.before.name : name(report_.before)),
                                          html_escaped(same ? report_.after.name : name(report_.after)));
    put(html_begin({"frame", "list", "diff"}, title));
    put(fmt::format("<header><h1>{}</h1>\n{}", title, html_origin(origin_)));
  }

  void answer() {
    StringOutput lines;
    write_diff_stat(report_, false, lines);
    const std::string& text = lines.text();
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      put(fmt::format("<p class=\"summary\">{}</p>\n", html_sentence(text.substr(begin, end - begin))));
    }
  }

  void modules() {
    folded("added", report_.modules_added);
    folded("removed", report_.modules_removed);
  }

  void verdicts() {
    for (const ModuleVerdict& verdict : report_.verdicts) {
      if (!verdict.needs_rebuild) continue;
      std::vector<std::size_t> reasons;
      for (const std::string& other : verdict.others) reasons.push_back(reasons_.number_of(other));
      for (const Effect& effect : verdict.effects) {
        if (!effect.refused) continue;
        reasons.push_back(
            reasons_.number_of(fmt::format("{} ({}: {})", spell_name(report_.before_base->type(effect.before)),
                                           to_string(effect.dependence), effect.reason)));
      }
      append(rebuilds_, json_in_html(Json::array({modules_.number_of(verdict.module), reasons})));
    }
  }

  void overview() {
    put("<p class=\"columns\">");
    if (report_.judged) {
      put("<span><button class=\"view\" data-view=\"changes\" aria-pressed=\"true\">changes</button>"
          "<button class=\"view\" data-view=\"rebuilds\" aria-pressed=\"false\">modules to rebuild</button></span>");
    }
    put("<span>");
    for (std::size_t i = counts_.by_impact.size(); i-- > 0;) {
      if (counts_.by_impact[i] == 0) continue;
      const std::string_view word = to_string(static_cast<Impact>(i));
      put(fmt::format("<button class=\"count {}\" aria-pressed=\"false\" data-impact=\"{}\">{} {}</button>", word, word,
                      counts_.by_impact[i], word));
    }
    put("</span></p></header>\n");
    put(html_list("<label><input id=\"bad\" type=\"checkbox\"> only what is not compatible</label>"));
  }

  void change(const ReportedChange& reported) {
    const Change& change = reported.change;
    std::string lines;
    for (const HunkLine& line : hunk_lines(change)) lines += hunk_text(line) + '\n';
    Json uses = Json::array();
    if (reported.affected != nullptr) uses = uses_of(*reported.affected);
    append(changes_,
           json_in_html(Json::array({spell_name(change.subject().view()), to_string(change.impact), summarise(change),
                                     lines, enumerate(reported.parts, SIZE_MAX), std::move(uses)})));
  }

  void finish() {
    Json impacts = Json::array();
    for (std::size_t i = counts_.by_impact.size(); i-- > 0;) impacts.push_back(to_string(static_cast<Impact>(i)));
    put(
        html_data(fmt::format("{{\"impacts\":{},\n\"modules\":{},\n\"lists\":[{}],\n\"changes\":[{}],\n"
                              "\"reasons\":{},\n\"rebuilds\":[{}]}}",
                              json_in_html(impacts), json_in_html(modules_.texts()), fmt::join(lists_.texts(), ",\n"),
                              changes_, json_in_html(reasons_.texts()), rebuilds_)));
    put(html_end({"list", "diff"}));
    out_.flush();
  }

 private:
  void put(std::string_view text) { out_.write(text); }
  static void append(std::string& list, const std::string& element) {
    if (!list.empty()) list += ",\n";
    list += element;
  }

  void folded(std::string_view what, const std::vector<std::string>& modules) {
    if (modules.empty()) return;
    put(fmt::format("<details><summary>{} {}</summary><p>{}</p></details>\n", counted(modules.size(), "module"), what,
                    html_escaped(enumerate(modules, SIZE_MAX))));
  }

  /// The modules that must be rebuilt, then those that only use the type, by how they use it. Most only have pointers.
  Json uses_of(const std::vector<Affected>& affected) {
    std::map<std::pair<bool, std::string_view>, std::vector<std::size_t>> groups;
    for (const Affected& one : affected) {
      groups[{!one.effect->refused, to_string(one.effect->dependence)}].push_back(
          modules_.number_of(one.verdict->module));
    }
    Json uses = Json::array();
    for (const auto& [use, modules] : groups) {
      const auto& [is_safe, dependence] = use;
      uses.push_back(Json::array({!is_safe, dependence, lists_.number_of(Json(modules).dump())}));
    }
    return uses;
  }

  const DiffReport& report_;
  const PageOrigin& origin_;
  BufferedOutput out_;
  DiffCounts counts_;
  Numbered modules_, reasons_;
  Numbered lists_;                  // as JSON
  std::string changes_, rebuilds_;  // likewise
};

}  // namespace

void write_diff_html(const DiffReport& report, const PageOrigin& origin, Output& out) {
  HtmlStyle style(report, origin, out);
  walk_diff(report, false, style);
}

}  // namespace btfx
