// An HTML page with a matrix of verdicts: a row for each thing looked at, a column for each it was looked at for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emit/report/html.h"

namespace btfx {

/// The look of a verdict.
enum class VerdictLook { bad, odd, good, none };

/// One verdict of a row, and what there is to say about it, a line each.
struct MatrixCell {
  VerdictLook look = VerdictLook::none;
  std::string word;
  std::vector<std::string> details = {};
  std::string value = {};  ///< shown behind the word; makes no verdict of its own
};

/// How large the thing in a row is, in bytes, and how much of that could go.
struct MatrixSize {
  std::uint64_t whole = 0, part = 0;
};

/// A page that needs nothing but itself. Above stands how often each column has each verdict, and a picture with a
/// square for each row; below, the list of rows, which can be filtered by text and by verdicts and sorted by each
/// column. A click on a row or square shows its details. The counts can be read without scripts. Everything shown is
/// escaped.
class MatrixPage {
 public:
  /// `intro` is a sentence beside the title; `columns` are the heads of all columns but the first, which is `row_head`.
  MatrixPage(std::string title, std::string intro, std::string row_head, std::vector<std::string> columns);

  /// Explains verdicts below the counts: word and meaning. `bad_filter` is the label of a box that leaves only rows
  /// with a cell that is bad or odd.
  void explain(std::vector<std::pair<std::string, std::string>> legend, std::string bad_filter);
  /// Adds a column with the sizes of the rows: what is measured; and if there is a `part`, one for that, and a picture
  /// of the areas.
  void measure(std::string whole, std::string part = {});
  /// One cell for each column; those that are missing stay empty.
  void add(std::string_view name, const std::vector<MatrixCell>& cells, const MatrixSize& size = {});
  /// The page, with `summary` (lines of text): the first above everything else, the others below the counts; and with
  /// `about_sizes`: the first line beside the picture of sizes, the others folded.
  [[nodiscard]] std::string finish(const PageOrigin& origin, const std::vector<std::string>& summary,
                                   const std::vector<std::string>& about_sizes = {}) const;

 private:
  using Verdict = std::pair<VerdictLook, std::string>;

  std::size_t number_of(const Verdict& verdict);
  [[nodiscard]] std::string sizes_html(const std::vector<std::string>& about) const;

  std::string title_, intro_, row_head_;
  std::vector<std::string> columns_;
  std::vector<std::pair<std::string, std::string>> legend_;
  std::string bad_filter_;
  std::vector<Verdict> verdicts_;                           // all that were seen, in the order of their coming
  std::vector<std::map<std::size_t, std::size_t>> counts_;  // by column and number of the verdict
  std::unordered_map<std::string, std::size_t> line_numbers_;
  std::string lines_, rows_;  // as JSON
  std::string whole_, part_;  // what is measured; empty: nothing
  std::vector<std::uint64_t> wholes_, parts_;
};

}  // namespace btfx
