// Rows of text under each other: the one way in which reports print tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emit/report/record.h"

namespace btfx {

/// How many characters of UTF-8 there are, each taken to fill one column of a terminal.
std::size_t text_width(std::string_view text);

/// A column of a table.
struct Column {
  enum class Align : std::uint8_t { left, right };

  std::string key;        ///< of the field that stands in it, or a path: see Record::cell()
  std::string head = {};  ///< above it
  std::size_t width = 0;  ///< at least, in characters; a cell that is wider shifts the rest of its line
  Align align = Align::left;
  std::size_t gap = 1;  ///< blanks before it; the first column has none
};

/// A table whose rows are written as they come. The last column is not filled up with blanks.
class Table {
 public:
  explicit Table(std::vector<Column> columns = {}, std::size_t indent = 0)
      : columns_(std::move(columns)), indent_(indent) {}

  /// Makes columns wide enough for these rows, where all of them are there.
  void fit(std::span<const Record> rows);
  /// The line of heads.
  [[nodiscard]] std::string heads() const;
  /// The line of a record, and its notes below it; nothing in a table without columns.
  [[nodiscard]] std::string row(const Record& record) const;

 private:
  template <typename CellOf>
  [[nodiscard]] std::string line(CellOf&& cell_of) const;

  std::vector<Column> columns_;
  std::size_t indent_;
};

}  // namespace btfx
