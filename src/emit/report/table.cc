#include "emit/report/table.h"

#include <algorithm>

#include "base/printable.h"

namespace btfx {

namespace {

constexpr std::size_t note_indent = 4;

/// A note, indented: its lines behind the first further in, and without the tabs that the kernel's log begins them
/// with.
std::string note_lines(std::string_view note, std::size_t indent) {
  std::string text;
  for (std::string_view rest = note;; rest.remove_prefix(rest.find('\n') + 1)) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    text += std::string(indent + (text.empty() ? note_indent : 2 * note_indent), ' ') + printable(line) + '\n';
    if (rest.find('\n') == std::string_view::npos) return text;
  }
}

}  // namespace

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void Table::fit(std::span<const Record> rows) {
  for (Column& column : columns_) {
    for (const Record& row : rows) column.width = std::max(column.width, text_width(row.cell(column.key)));
  }
}

template <typename CellOf>
std::string Table::line(CellOf&& cell_of) const {
  if (columns_.empty()) return {};
  std::string line(indent_, ' ');
  for (const Column& column : columns_) {
    const std::string cell = cell_of(column);
    const std::size_t width = text_width(cell);
    const std::string fill(width < column.width ? column.width - width : 0, ' ');
    if (&column != columns_.data()) line.append(column.gap, ' ');
    if (column.align == Column::Align::right) line += fill;
    line += cell;
    if (column.align == Column::Align::left && &column != &columns_.back()) line += fill;
  }
  return line + '\n';
}

std::string Table::heads() const {
  return line([](const Column& column) { return column.head; });
}

std::string Table::row(const Record& record) const {
  std::string text = line([&](const Column& column) { return record.cell(column.key); });
  if (columns_.empty()) return text;
  for (const std::string& note : record.notes()) text += note_lines(note, indent_);
  return text;
}

}  // namespace btfx
