// An HTML page with a table of verdicts: a row for each thing looked at, a column for each it was looked at for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace btfx {

/// The look of a verdict.
enum class Tone { good, bad, odd, none };

/// One verdict of a row, and what there is to say about it, a line each.
struct MatrixCell {
  Tone tone = Tone::none;
  std::string word;
  std::vector<std::string> details = {};
};

/// A page that needs nothing but itself: rows can be filtered by text and verdict, and open to their details, of which
/// filtering alone wants scripts. Everything shown is escaped.
class MatrixPage {
 public:
  /// `intro` is a sentence below the title; `columns` are the heads of all columns but the first, which is `row_head`.
  MatrixPage(std::string title, std::string intro, std::string row_head, std::vector<std::string> columns);

  /// One cell for each column.
  void add(std::string_view name, const std::vector<MatrixCell>& cells);
  /// The page, with `summary` (lines of text) above the table.
  [[nodiscard]] std::string finish(const std::vector<std::string>& summary) const;

 private:
  std::string title_, intro_, row_head_;
  std::vector<std::string> columns_;
  std::vector<std::string> words_;  // all verdicts seen, in the order of their coming
  std::string rows_;
};

}  // namespace btfx
