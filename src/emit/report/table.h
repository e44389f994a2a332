// Rows of text under each other: the one way in which reports print tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/screen.h"
#include "emit/report/record.h"

namespace btfx {

/// A column of a table.
struct Column {
  enum class Align : std::uint8_t { left, right };
  /// What becomes of a cell that is too wide for a screen.
  enum class Cut : std::uint8_t {
    none,    ///< it shifts the rest of its line
    middle,  ///< its middle is left out
    end,     ///< its end is left out
    wrap,    ///< of the last column: it goes on below; of a first word that is too wide the middle is left out
    text,    ///< of the last column: "..." ends what fits; of a first word that takes more than half the middle is left
             ///< out
  };

  std::string key;        ///< of the field that stands in it, or a path: see Record::cell()
  std::string head = {};  ///< above it
  std::size_t width = 0;  ///< at least, in characters; a cell that is wider shifts the rest of its line
  Align align = Align::left;
  std::size_t gap = 1;  ///< blanks before it; the first column has none
  Cut cut = Cut::none;
  std::size_t least = 0;  ///< how narrow a screen may make it, unless `cut` is none
  unsigned rank = 0;      ///< a screen that is too narrow for all columns lacks those of the highest rank; 0: never
  std::string short_head = {};  ///< above it where `head` is too wide, if not empty
};

/// A table whose rows are written as they come. The last column is not filled up with blanks.
class Table {
 public:
  explicit Table(std::vector<Column> columns = {}, std::size_t indent = 0)
      : columns_(std::move(columns)), indent_(indent) {}

  /// Fits the lines to a screen: columns become narrower, or are left out, and cells are cut as their column says. The
  /// last column takes the width that is left. A screen too narrow for the columns that must stay has no effect.
  void show_on(const Screen& screen);
  /// Makes columns wide enough for these rows, where all of them are there. Comes before show_on().
  void fit(std::span<const Record> rows);
  /// The line of heads.
  [[nodiscard]] std::string heads() const;
  /// The line of a record, and its notes below it; nothing in a table without columns.
  [[nodiscard]] std::string row(const Record& record) const;

 private:
  [[nodiscard]] std::size_t least_width() const;
  template <typename CellOf>
  [[nodiscard]] std::size_t whole_width(CellOf&& cell_of) const;
  template <typename CellOf, typename PaintOf>
  [[nodiscard]] std::string line(CellOf&& cell_of, PaintOf&& paint_of) const;
  [[nodiscard]] std::string last_cell(const Column& column, std::string cell, std::size_t used) const;

  std::vector<Column> columns_;
  std::size_t indent_;
  Screen screen_ = {};
};

}  // namespace btfx
