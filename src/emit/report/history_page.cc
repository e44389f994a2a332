#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/counted.h"
#include "btf/spelling.h"
#include "emit/report/diff_hunks.h"
#include "emit/report/diff_report.h"
#include "emit/report/history_report.h"
#include "emit/report/html.h"

namespace btfx {

namespace {

constexpr std::size_t max_declarations = 1'000'000;  // bytes of the page from which on declarations are left out
constexpr std::size_t max_page = 1'400'000;          // and types
constexpr std::size_t max_rows = 400;                // of elements, for each type
constexpr std::size_t few_types = 3;                 // so few are open from the start

class HistoryPage {
 public:
  HistoryPage(const History& history, const PageOrigin& origin) : history_(history), origin_(origin) {}

  std::string run() {
    std::string body;
    std::size_t shown = 0, without_declarations = 0;
    for (const TypeHistory& type : history_.types) {
      if (body.size() > max_page) break;
      ++shown;
      const bool is_short = body.size() > max_declarations;
      without_declarations += is_short && type.stages.size() > 1;
      body += section(type, is_short);
    }
    const std::string title = title_text();
    std::string page = html_begin({"frame", "history"}, html_escaped(title));
    std::vector<std::string> names;
    for (const HistoryKernel& kernel : history_.kernels) names.push_back(kernel.name);
    page += fmt::format("<header><h1>{}</h1><p class=\"intro\">through {} kernels: {}</p>\n", html_escaped(title),
                        names.size(), html_escaped(enumerate(names, names.size())));
    page += html_origin(origin_);
    const auto changed = std::ranges::count_if(history_.types, &TypeHistory::is_changed);
    page += fmt::format("<p class=\"summary\">{}, {} changed</p>\n", counted(history_.types.size(), "type"), changed);
    if (without_declarations != 0 || shown != history_.types.size()) {
      page += fmt::format(
          "<p class=\"cut\">This page is kept small: {} types have no declarations on it, and {} are left out. "
          "<code>--name</code> asks for fewer types.</p>\n",
          without_declarations, history_.types.size() - shown);
    }
    page +=
        "<p class=\"legend\"><span class=\"first\">first</span><span class=\"compatible\">compatible</span>"
        "<span class=\"value\">value</span><span class=\"signature\">signature</span>"
        "<span class=\"layout\">layout</span><span class=\"absent\">absent</span> "
        "the severity of the change from the kernel before; boxes of one number are the same</p></header>\n"
        "<div class=\"controls\"><input id=\"text\" type=\"search\" placeholder=\"filter: type, member\" "
        "aria-label=\"filter\"><label><input id=\"changed\" type=\"checkbox\"> only what changed</label>"
        "<label>order <select id=\"order\"><option value=\"\">as found</option><option value=\"changes\">most changes"
        "</option><option value=\"name\">name</option></select></label>"
        "<span id=\"shown\"></span></div>\n<main>\n";
    return page + body + "</main>\n" + html_end({"history"});
  }

 private:
  [[nodiscard]] std::string title_text() const {
    if (history_.types.size() != 1) return "Types through kernels";
    const TypeHistory& type = history_.types.front();
    return spell_name(type.subject().view());
  }

  [[nodiscard]] std::string section(const TypeHistory& type, bool is_short) const {
    const std::string name = html_escaped(spell_name(type.subject().view()));
    const std::string story =
        html_escaped(type.is_about_elements && type.elements.size() == 1 ? story_of(history_, type.elements[0])
                                                                         : story_of(history_, type));
    std::string text = name;  // what the filter looks at
    for (const ElementHistory& element : type.elements) {
      for (const ElementStage& stage : element.stages) {
        if (stage.state && text.size() < max_spelled) text += " " + html_escaped(stage.state->name);
      }
    }
    const bool is_open = history_.types.size() <= few_types;
    std::string html = fmt::format(
        "<details class=\"type{}\" data-text=\"{}\" data-changes=\"{}\"{}><summary><code>{}</code> <span "
        "class=\"says\">{}</span></summary>\n",
        type.is_changed() ? " changed" : "", text, type.changes.size(), is_open ? " open" : "", name, story);
    html += timeline(type);
    for (std::size_t i = 0; i < type.changes.size() && !is_short && !type.is_about_elements; ++i) html += step(type, i);
    return html + "</details>\n";
  }

  /// A row for the type and one for each element, with a column for each kernel.
  [[nodiscard]] std::string timeline(const TypeHistory& type) const {
    std::string html = "<div class=\"wide\"><table><thead><tr><th></th>";
    for (const HistoryKernel& kernel : history_.kernels) html += fmt::format("<th>{}</th>", html_escaped(kernel.name));
    html += "</tr></thead>\n<tr><th>the whole</th>";
    for (std::size_t i = 0; i < type.stages.size(); ++i) {
      const TypeStage& stage = type.stages[i];
      const std::string_view look = !stage.type.exists() ? "absent"
                                    : i == 0 || !type.stages[i - 1].type.exists()
                                        ? "first"
                                        : to_string(type.changes[i - 1].impact);
      const std::string number = stage.layout == 0 ? std::string() : fmt::format("<i>{}</i> ", stage.layout);
      html += cell(stage.kernels, look, number, stage_text(stage));
    }
    html += "</tr>\n";
    std::size_t rows = 0, moved = 0;
    for (const ElementHistory& element : type.elements) {
      if (!type.is_about_elements && only_moves(element)) {
        ++moved;
      } else if (++rows <= max_rows) {
        html += row(type, element);
      }
    }
    html += "</table></div>\n";
    if (rows > max_rows) html += fmt::format("<p class=\"says\">and {} more that changed</p>\n", rows - max_rows);
    if (moved != 0) html += fmt::format("<p class=\"says\">and {} that only moved</p>\n", moved);
    return html;
  }

  static bool only_moves(const ElementHistory& element) {
    const std::optional<ElementState>& first = element.stages.front().state;
    return std::ranges::all_of(element.stages, [&](const ElementStage& stage) {
      return stage.state && first && !stage.state->type.empty() && stage.state->name == first->name &&
             stage.state->type == first->type && stage.state->bits == first->bits;
    });
  }

  [[nodiscard]] std::string row(const TypeHistory& type, const ElementHistory& element) const {
    std::string name;
    for (const ElementStage& stage : element.stages) {
      if (stage.state && name.empty()) name = stage.state->name;
    }
    std::string html =
        fmt::format("<tr><th title=\"{}\">{}</th>", html_escaped(story_of(history_, element)), html_escaped(name));
    const ElementState* before = nullptr;
    for (const ElementStage& stage : element.stages) {
      if (!stage.state) {
        html += cell(stage.kernels, "absent", {}, {});
        before = nullptr;
        continue;
      }
      const ElementState& state = *stage.state;
      const std::string_view look = before == nullptr                ? "first"
                                    : before->number != state.number ? (state.type.empty() ? "value" : "layout")
                                    : before->bits != state.bits     ? "layout"
                                    : before->type != state.type     ? "signature"
                                                                     : "compatible";
      const std::string said = state.name == name ? std::string() : state.name + " ";
      html += cell(stage.kernels, look, {},
                   fmt::format("{}{}{}{}", said, state.type, state.type.empty() ? "" : ", ", place_of(type, state)));
      before = &state;
    }
    return html + "</tr>\n";
  }

  static std::string cell(const KernelRange& kernels, std::string_view look, const std::string& mark,
                          const std::string& text) {
    const std::string escaped = html_escaped(text);
    return fmt::format("<td colspan=\"{}\" class=\"{}\" title=\"{}\">{}{}</td>", kernels.last - kernels.first + 1, look,
                       escaped, mark, escaped);
  }

  /// What changed on the way to the next stage.
  [[nodiscard]] std::string step(const TypeHistory& type, std::size_t i) const {
    const Change& change = type.changes[i];
    const std::size_t at = type.stages[i + 1].kernels.first;
    std::string html = fmt::format(
        "<details class=\"step\" open><summary>{} \u2192 {} <b class=\"{}\">{}</b> <span "
        "class=\"says\">{}</span></summary>\n",
        html_escaped(history_.kernels[at - 1].name), html_escaped(history_.kernels[at].name), to_string(change.impact),
        to_string(change.impact), html_escaped(summarise(change)));
    if (const std::string renamed = renamings(change); !renamed.empty()) {
      html += fmt::format("<p>renamed: {}</p>\n", html_escaped(renamed));
    }
    if (change.before.exists() && change.after.exists()) {
      html += "<pre>";
      for (const HunkLine& line : hunk_lines(change)) html += hunk_html(line);
      html += "</pre>";
    }
    return html + "</details>\n";
  }

  static constexpr std::size_t max_spelled = 8192;
  const History& history_;
  const PageOrigin& origin_;
};

}  // namespace

std::string history_page(const History& history, const PageOrigin& origin) {
  return HistoryPage(history, origin).run();
}

}  // namespace btfx
