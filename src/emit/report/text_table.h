// Columns of text for reports.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace btfx {

/// Columns of text, each as wide as its widest cell, or what is wide enough for nearly all; all lines are indented.
class TextTable {
 public:
  static constexpr std::size_t max_width = 100;  // lest one very long name fill every line with blanks

  explicit TextTable(std::size_t indent) : indent_(indent) {}
  void add(std::vector<std::string> cells) { lines_.push_back({std::move(cells), {}}); }
  /// A line below the last one, indented further.
  void note(std::string text) { lines_.back().notes.push_back(std::move(text)); }

  [[nodiscard]] std::string text() const {
    std::vector<std::size_t> widths;
    for (const Line& line : lines_) {
      widths.resize(std::max(widths.size(), line.cells.size()));
      for (std::size_t i = 0; i < line.cells.size(); ++i) {
        widths[i] = std::max(widths[i], std::min(line.cells[i].size(), max_width));
      }
    }
    std::string result;
    for (const Line& line : lines_) {
      std::string row(indent_, ' ');
      for (std::size_t i = 0; i < line.cells.size(); ++i) row += fmt::format("{:<{}}  ", line.cells[i], widths[i]);
      row.erase(row.find_last_not_of(' ') + 1);
      result += row + '\n';
      for (const std::string& note : line.notes) result += fmt::format("{:{}}{}\n", "", indent_ + 4, note);
    }
    return result;
  }

 private:
  struct Line {
    std::vector<std::string> cells;
    std::vector<std::string> notes;
  };
  std::size_t indent_;
  std::vector<Line> lines_;
};

}  // namespace btfx
