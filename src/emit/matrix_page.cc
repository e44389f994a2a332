#include "emit/matrix_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "emit/html.h"

namespace btfx {

namespace {

constexpr std::string_view style = R"(
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff; }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; }
p { margin: .2rem 0; }
.controls { margin: .8rem 0; display: flex; gap: .8rem; align-items: center; flex-wrap: wrap; }
input, select { font: inherit; padding: .2rem .4rem; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .15rem .7rem; border-bottom: 1px solid #ddd; }
th { position: sticky; top: 0; background: #f4f4f4; }
td.good { color: #1a7f37; } td.bad { color: #b42318; } td.odd { color: #9a6700; }
details p { margin: .1rem 0 .1rem 1rem; color: #444; overflow-wrap: anywhere; white-space: pre-wrap; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #1b1b1b; } th { background: #2a2a2a; } th, td { border-color: #333; }
  td.good { color: #57c46d; } td.bad { color: #ff7b72; } td.odd { color: #e3b341; } details p { color: #bbb; }
})";

constexpr std::string_view script = R"(
const text = document.getElementById('text'), verdict = document.getElementById('verdict');
const shown = document.getElementById('shown'), rows = [...document.querySelectorAll('tbody tr')];
function filter() {
  const wanted = text.value.toLowerCase(), word = verdict.value;
  let count = 0;
  for (const row of rows) {
    const fits = (!wanted || row.textContent.toLowerCase().includes(wanted)) &&
                 (!word || [...row.cells].some(cell => cell.dataset.word === word));
    row.hidden = !fits;
    count += fits;
  }
  shown.textContent = count + ' of ' + rows.length;
}
text.addEventListener('input', filter);
verdict.addEventListener('change', filter);
filter();
)";

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "good";
    case Tone::bad:
      return "bad";
    case Tone::odd:
      return "odd";
    default:
      return "none";
  }
}

}  // namespace

MatrixPage::MatrixPage(std::string title, std::string intro, std::string row_head, std::vector<std::string> columns)
    : title_(std::move(title)),
      intro_(std::move(intro)),
      row_head_(std::move(row_head)),
      columns_(std::move(columns)) {}

void MatrixPage::add(std::string_view name, const std::vector<MatrixCell>& cells) {
  rows_ += fmt::format("<tr><td>{}</td>", html_escaped(name));
  for (const MatrixCell& cell : cells) {
    const std::string word = html_escaped(cell.word);
    if (!word.empty() && std::ranges::find(words_, word) == words_.end()) words_.push_back(word);
    rows_ += fmt::format("<td class=\"{}\" data-word=\"{}\">", class_of(cell.tone), word);
    if (cell.details.empty()) {
      rows_ += word;
    } else {
      rows_ += fmt::format("<details><summary>{}</summary>", word);
      for (const std::string& line : cell.details) rows_ += fmt::format("<p>{}</p>", html_escaped(line));
      rows_ += "</details>";
    }
    rows_ += "</td>";
  }
  rows_ += "</tr>\n";
}

std::string MatrixPage::finish(const std::vector<std::string>& summary) const {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>{}\n</style>\n"
      "</head>\n<body>\n<h1>{}</h1>\n<p>{}</p>\n",
      html_escaped(title_), style, html_escaped(title_), html_escaped(intro_));
  for (const std::string& line : summary) page += fmt::format("<p>{}</p>\n", html_escaped(line));
  page +=
      "<div class=\"controls\"><input id=\"text\" type=\"search\" placeholder=\"filter\" aria-label=\"filter\">"
      "<select id=\"verdict\" aria-label=\"verdict\"><option value=\"\">all verdicts</option>";
  for (const std::string& word : words_) page += fmt::format("<option>{}</option>", word);
  page += "</select><span id=\"shown\"></span></div>\n<table>\n<thead><tr>";
  page += fmt::format("<th>{}</th>", html_escaped(row_head_));
  for (const std::string& column : columns_) page += fmt::format("<th>{}</th>", html_escaped(column));
  page += fmt::format("</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n<script>{}</script>\n</body>\n</html>\n", rows_,
                      script);
  return page;
}

}  // namespace btfx
