#include "emit/report/matrix_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

namespace btfx {

namespace {

using Json = nlohmann::json;

std::string_view class_of(VerdictLook look) {
  switch (look) {
    case VerdictLook::good:
      return "good";
    case VerdictLook::bad:
      return "bad";
    case VerdictLook::odd:
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
      columns_(std::move(columns)),
      counts_(columns_.size()) {}

std::size_t MatrixPage::number_of(const Verdict& verdict) {
  const auto found = std::ranges::find(verdicts_, verdict);
  const auto number = static_cast<std::size_t>(found - verdicts_.begin());
  if (found == verdicts_.end()) verdicts_.push_back(verdict);
  return number;
}

void MatrixPage::explain(std::vector<std::pair<std::string, std::string>> legend, std::string bad_filter) {
  legend_ = std::move(legend);
  bad_filter_ = std::move(bad_filter);
}

void MatrixPage::measure(std::string whole, std::string part) {
  whole_ = std::move(whole);
  part_ = std::move(part);
}

void MatrixPage::add(std::string_view name, const std::vector<MatrixCell>& cells, const MatrixSize& size) {
  if (!whole_.empty()) wholes_.push_back(size.whole);
  if (!part_.empty()) parts_.push_back(size.part);
  rows_ += fmt::format("{}\n[{}", rows_.empty() ? "" : ",", json_in_html(name));
  for (std::size_t column = 0; column < std::min(cells.size(), columns_.size()); ++column) {
    const MatrixCell& cell = cells[column];
    const std::size_t verdict = number_of({cell.look, cell.word});
    ++counts_[column][verdict];
    std::string text = fmt::format("{}", verdict);
    if (!cell.value.empty()) text += "," + json_in_html(cell.value);
    for (const std::string& line : cell.details) {
      const auto [known, is_new] = line_numbers_.try_emplace(line, line_numbers_.size());
      if (is_new) lines_ += fmt::format("{}\n{}", lines_.empty() ? "" : ",", json_in_html(line));
      text += fmt::format(",{}", known->second);
    }
    rows_ += cell.details.empty() && cell.value.empty() ? "," + text : ",[" + text + "]";
  }
  rows_ += "]";
}

std::string MatrixPage::sizes_html(const std::vector<std::string>& about) const {
  const auto sum = [](const std::vector<std::uint64_t>& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
  };
  std::string html = "<details class=\"sizes\" open><summary>";
  html += about.empty() ? html_escaped(whole_) : html_sentence(about.front());
  html += fmt::format(
      "</summary>\n<div id=\"sizes\"></div>\n<p class=\"says\"><i class=\"whole\"></i> {} {} <i class=\"part\"></i> "
      "{} {}</p>\n",
      sum(wholes_), html_escaped(whole_), sum(parts_), html_escaped(part_));
  if (about.size() > 1) {
    html += "<details class=\"causes\"><summary>What causes most of it</summary>\n";
    for (auto line = about.begin() + 1; line != about.end(); ++line) {
      html += fmt::format("<p>{}</p>\n", html_sentence(*line));
    }
    html += "</details>\n";
  }
  return html + "</details>\n";
}

std::string MatrixPage::finish(const PageOrigin& origin, const std::vector<std::string>& summary,
                               const std::vector<std::string>& about_sizes) const {
  std::string page = html_begin({"frame", "list", "matrix"}, html_escaped(title_));
  page += fmt::format("<header><h1>{}</h1><p class=\"intro\">{}</p>\n", html_escaped(title_), html_escaped(intro_));
  page += html_origin(origin);
  const auto add_line = [&](const std::string& line) {
    page += fmt::format("<p class=\"summary\">{}</p>\n", html_sentence(line));
  };
  if (!summary.empty()) add_line(summary.front());
  page += "<div class=\"columns\">\n";
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    page += fmt::format("<div class=\"column\"><b>{}</b><span>", html_escaped(columns_[column]));
    // Bad verdicts come first, so that they are not overlooked.
    std::vector<std::pair<std::size_t, std::size_t>> counts(counts_[column].begin(), counts_[column].end());
    std::ranges::stable_sort(counts, {}, [&](const auto& count) { return verdicts_[count.first].first; });
    for (const auto& [verdict, count] : counts) {
      const auto& [look, word] = verdicts_[verdict];
      page += fmt::format(
          "<button class=\"count {}\" aria-pressed=\"false\" data-column=\"{}\" data-verdict=\"{}\">{} {}</button>",
          class_of(look), column, verdict, count, html_escaped(word));
    }
    page += "</span><div class=\"picture\"></div></div>\n";
  }
  page += "</div>\n";
  if (!part_.empty()) page += sizes_html(about_sizes);
  for (std::size_t i = 1; i < summary.size(); ++i) add_line(summary[i]);  // there may be many: the counts come first
  if (!legend_.empty()) {
    page += "<details class=\"legend\"><summary>What the verdicts mean</summary><dl>\n";
    for (const auto& [word, meaning] : legend_) {
      page += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_escaped(word), html_escaped(meaning));
    }
    page += "</dl></details>\n";
  }
  page += "</header>\n";
  std::string controls = "<label><input id=\"deep\" type=\"checkbox\"> in details too</label>";
  if (!bad_filter_.empty()) {
    controls += fmt::format("<label><input id=\"bad\" type=\"checkbox\"> {}</label>", html_escaped(bad_filter_));
  }
  page += html_list(controls);
  // The script's data:
  //     head      what a row is
  //     sizes     [what is measured, its numbers by row]
  //     columns   names
  //     verdicts  [word, tone]
  //     lines     what is said about cells, each line once
  //     rows      [name, cell...]; a cell is the number of its verdict, or a list: that, a value (a string) if there is
  //               one, and the numbers of its lines
  Json verdicts = Json::array();
  for (const auto& [look, word] : verdicts_) verdicts.push_back({word, class_of(look)});
  Json sizes = Json::array();
  if (!whole_.empty()) sizes.push_back({whole_, wholes_});
  if (!part_.empty()) sizes.push_back({part_, parts_});
  page += html_data(fmt::format(
      "{{\"head\":{},\"sizes\":{},\"columns\":{},\"verdicts\":{},\n\"lines\":[{}],\n\"rows\":[{}]}}",
      json_in_html(row_head_), json_in_html(sizes), json_in_html(columns_), json_in_html(verdicts), lines_, rows_));
  return page + html_end({"list", "matrix"});
}

}  // namespace btfx
