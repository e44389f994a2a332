#include "emit/report/table.h"

#include <algorithm>
#include <utility>

#include "base/palette.h"
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

void Table::fit(std::span<const Record> rows) {
  for (Column& column : columns_) {
    for (const Record& row : rows) column.width = std::max(column.width, text_width(row.cell(column.key)));
  }
}

/// The width of the narrowest lines that have all columns.
std::size_t Table::least_width() const {
  std::size_t width = indent_;
  for (const Column& column : columns_) {
    const bool may_shrink = column.cut != Column::Cut::none;
    width += may_shrink ? std::min(column.width, column.least) : column.width;
    if (&column == &columns_.back()) width += may_shrink ? column.least - std::min(column.width, column.least) : 0;
    if (&column != columns_.data()) width += column.gap;
  }
  return width;
}

void Table::show_on(const Screen& screen) {
  screen_ = screen;
  if (screen_.width == 0 || columns_.empty()) return;
  const std::vector<Column> all = columns_;
  while (least_width() > screen_.width) {
    const auto least_wanted = std::ranges::max_element(columns_, {}, &Column::rank);
    if (least_wanted->rank == 0) {
      columns_ = all;
      screen_.width = 0;
      return;
    }
    columns_.erase(least_wanted);
  }
  // Now: it fits when every column is as narrow as it may be. The widest give way first, so that those of one kind stay
  // alike.
  const auto width_of_all = [this] {
    std::size_t width = indent_ + columns_.back().least;
    for (const Column& column : columns_) {
      width += (&column == &columns_.back() ? 0 : column.width) + (&column == columns_.data() ? 0 : column.gap);
    }
    return width;
  };
  for (std::size_t width = width_of_all(); width > screen_.width; --width) {
    Column* widest = nullptr;
    for (Column& column : columns_) {
      if (&column == &columns_.back() || column.cut == Column::Cut::none || column.width <= column.least) continue;
      if (widest == nullptr || column.width > widest->width) widest = &column;
    }
    if (widest == nullptr) return;
    --widest->width;
  }
}

/// The last cell of a line, of which `used` columns are taken.
std::string Table::last_cell(const Column& column, std::string cell, std::size_t used) const {
  if (column.cut == Column::Cut::none) return cell;
  const std::size_t room = screen_.width - std::min(used, screen_.width - 1);
  if (text_width(cell) <= room) return cell;
  if (column.cut == Column::Cut::middle) return shortened(cell, room);
  if (column.cut == Column::Cut::end) return std::string(first_characters(cell, room));
  const std::size_t blank = std::min(cell.find(' '), cell.size());
  const std::string_view first = std::string_view(cell).substr(0, blank), rest = std::string_view(cell).substr(blank);
  if (column.cut == Column::Cut::text) {
    const std::size_t left = room - std::min(text_width(rest), room);
    const std::string line = shortened(first, std::max(left, std::max(column.least, room / 2))).append(rest);
    constexpr std::string_view more = "...";
    if (text_width(line) <= room || room <= more.size()) return std::string(first_characters(line, room));
    return std::string(first_characters(line, room - more.size())).append(more);
  }
  const std::string text = shortened(first, room).append(rest);
  std::string lines;
  for (const std::string& line : wrapped(text, room)) {
    lines += (lines.empty() ? "" : '\n' + std::string(used, ' ')) + line;
  }
  return lines;
}

/// The width of a line in which no cell is cut.
template <typename CellOf>
std::size_t Table::whole_width(CellOf&& cell_of) const {
  std::size_t width = indent_;
  for (const Column& column : columns_) {
    const std::size_t cell = text_width(cell_of(column));
    const bool is_last = &column == &columns_.back();
    width += is_last ? cell : std::max(cell, column.width);
    if (&column != columns_.data()) width += column.gap;
  }
  return width;
}

template <typename CellOf, typename PaintOf>
std::string Table::line(CellOf&& cell_of, PaintOf&& paint_of) const {
  if (columns_.empty()) return {};
  std::string line(indent_, ' ');
  std::size_t used = indent_;
  const bool cuts = screen_.width != 0 && whole_width(cell_of) > screen_.width;
  for (const Column& column : columns_) {
    const bool is_last = &column == &columns_.back();
    if (&column != columns_.data()) {
      line.append(column.gap, ' ');
      used += column.gap;
    }
    std::string cell = cell_of(column);
    if (cuts && is_last) {
      cell = last_cell(column, std::move(cell), used);
    } else if (cuts && column.cut == Column::Cut::middle) {
      cell = shortened(cell, column.width);
    } else if (cuts && column.cut != Column::Cut::none) {
      cell = std::string(first_characters(cell, column.width));
    }
    const std::size_t width = text_width(cell);
    const std::string fill(width < column.width ? column.width - width : 0, ' ');
    if (column.align == Column::Align::right) line += fill;
    line += screen_.color ? painted(paint_of(column), cell) : cell;
    if (column.align == Column::Align::left && !is_last) line += fill;
    used += width + fill.size();
  }
  return line + '\n';
}

std::string Table::heads() const {
  const auto head = [](const Column& column) {
    const bool is_too_wide = text_width(column.head) > column.width && !column.short_head.empty();
    return is_too_wide ? column.short_head : column.head;
  };
  return line(head, [](const Column&) { return Paint::bold; });
}

std::string Table::row(const Record& record) const {
  std::string text = line([&](const Column& column) { return record.cell(column.key); },
                          [&](const Column& column) { return record.paint_of(column.key); });
  if (columns_.empty()) return text;
  for (const std::string& note : record.notes()) text += wrapped_lines(note_lines(note, indent_), screen_.width);
  return text;
}

}  // namespace btfx
