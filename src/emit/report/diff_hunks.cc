#include "emit/report/diff_hunks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "base/printable.h"
#include "emit/report/declaration_lines.h"
#include "emit/report/html.h"

namespace btfx {

namespace {

constexpr std::size_t context = 2;           // lines around a difference
constexpr std::size_t max_moved_shown = 6;   // lines that only moved, where nothing else changed
constexpr std::size_t max_inner_shown = 40;  // lines for what a declaration does not show
constexpr std::size_t note_column = 56;      // where offsets begin
constexpr std::size_t tab_width = 8;

char mark_of(HunkLine::Sort sort) {
  return sort == HunkLine::Sort::removed ? '-' : sort == HunkLine::Sort::added ? '+' : ' ';
}

/// What stands beside a line of both versions: offset and size, and where they changed both.
std::string note_of(const DeclarationLine& before, const DeclarationLine& after) {
  const auto both = [](const std::string& old_text, const std::string& new_text) {
    return old_text == new_text ? new_text : fmt::format("{} -> {}", old_text, new_text);
  };
  const std::string offset = both(before.offset, after.offset), size = both(before.size, after.size);
  if (!offset.empty()) return size.empty() ? fmt::format("{:>5}", offset) : fmt::format("{:>5} {:>5}", offset, size);
  return size.empty() ? std::string() : fmt::format("size: {}", size);
}

/// A line `path: type` for what stands in types that a declaration only names: behind pointers, in arrays and
/// functions.
std::vector<HunkLine> inner_lines(const Change& change) {
  using Sort = HunkLine::Sort;
  const bool holds_values = is_composite(change.subject().view().kind());
  std::vector<HunkLine> lines;
  const auto put = [&](Sort sort, const Detail& detail, std::string_view type, std::uint64_t bit_offset) {
    lines.push_back({sort, fmt::format("\t{}: {}", detail.name, type), fmt::format("{:>5}", offset_text(bit_offset))});
  };
  const auto put_value = [&](Sort sort, std::string_view name, std::uint64_t value, bool is_signed) {
    lines.push_back({sort, fmt::format("\t{} = {}", name, value_text(value, is_signed)), {}});
  };
  for (const Detail& detail : change.details) {
    const bool is_inner = detail.name.find("(*") != std::string::npos || detail.name.find("[]") != std::string::npos;
    const DetailFields of = detail.fields();
    switch (detail.kind()) {
      case DetailKind::member_added:
      case DetailKind::reserved_used:
        if (is_inner) put(Sort::added, detail, *of.new_text, *of.new_number);
        break;
      case DetailKind::member_removed:
        if (is_inner) put(Sort::removed, detail, *of.old_text, *of.old_number);
        break;
      case DetailKind::member_retyped:
        if (!is_inner || *of.old_text == *of.new_text) break;
        put(Sort::removed, detail, *of.old_text, *of.old_number);
        put(Sort::added, detail, *of.new_text, *of.new_number);
        break;
      case DetailKind::enumerator_added:
      case DetailKind::enumerator_removed:
      case DetailKind::enumerator_changed:
      case DetailKind::enumerator_reused: {
        if (!is_inner && !holds_values) break;
        if (of.old_number != nullptr) put_value(Sort::removed, detail.name, *of.old_number, of.old_signed);
        if (of.new_number == nullptr) break;
        std::string name = detail.name;
        // Another enumerator has the value now: it is in the same place as the old one, under its own name.
        if (of.new_text != nullptr) {
          name = name.substr(0, name.size() - std::min(name.size(), of.old_text->size())) + *of.new_text;
        }
        put_value(Sort::added, name, *of.new_number, of.new_signed);
        break;
      }
      default:
        break;
    }
  }
  if (lines.size() > max_inner_shown) {
    lines.resize(max_inner_shown);
    lines.push_back({Sort::skipped, "\t...", {}});
  }
  return lines;
}

}  // namespace

std::vector<HunkLine> hunk_lines(const Change& change) {
  using Sort = HunkLine::Sort;
  std::vector<HunkLine> shown;
  if (!change.before.exists() || !change.after.exists()) {
    const bool is_added = change.after.exists();
    shown.push_back({is_added ? Sort::added : Sort::removed, declaration_summary(change.subject().view()), {}});
    return shown;
  }
  if (!change.causes.empty() || change.details.empty()) return shown;

  const std::vector<DeclarationLine> before = declaration_lines(*change.before.btf, change.before.id);
  const std::vector<DeclarationLine> after = declaration_lines(*change.after.btf, change.after.id);
  std::vector<HunkLine> lines;
  bool moves = false, differs = false;
  for (const LinePair& pair : align_lines(before, after)) {
    if (pair.after < 0) {
      const DeclarationLine& line = before[static_cast<std::size_t>(pair.before)];
      lines.push_back({Sort::removed, line.text, note_of(line, line)});
    } else if (pair.before < 0) {
      const DeclarationLine& line = after[static_cast<std::size_t>(pair.after)];
      lines.push_back({Sort::added, line.text, note_of(line, line)});
    } else {
      const DeclarationLine& old_line = before[static_cast<std::size_t>(pair.before)];
      const DeclarationLine& new_line = after[static_cast<std::size_t>(pair.after)];
      const bool is_moved = old_line.offset != new_line.offset || old_line.size != new_line.size;
      lines.push_back({is_moved ? Sort::moved : Sort::same, new_line.text, note_of(old_line, new_line)});
    }
    moves = moves || lines.back().sort == Sort::moved;
    differs = differs || lines.back().sort == Sort::removed || lines.back().sort == Sort::added;
  }
  std::vector<HunkLine> inner = inner_lines(change);
  if (!differs && !moves && inner.empty()) return shown;

  std::vector<bool> is_shown(lines.size());
  const auto show = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, lines.size()); ++i) is_shown[i] = true;
  };
  show(0, 1);
  show(lines.size() - 1, lines.size());
  std::size_t moved_shown = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].sort == Sort::same) continue;
    if (lines[i].sort != Sort::moved || (!differs && ++moved_shown <= max_moved_shown))
      show(i - std::min(i, context), i + context + 1);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i + 1 == lines.size() && i != 0) std::ranges::move(inner, std::back_inserter(shown));
    if (is_shown[i]) {
      shown.push_back(std::move(lines[i]));
    } else if (shown.back().sort != Sort::skipped) {
      shown.push_back({Sort::skipped, "\t...", {}});
    }
  }
  if (lines.size() == 1) std::ranges::move(inner, std::back_inserter(shown));
  return shown;
}

std::string hunk_text(const HunkLine& line) {
  const std::size_t tabs = std::min(line.text.find_first_not_of('\t'), line.text.size());
  const std::string body = printable(std::string_view(line.text).substr(tabs));
  std::string text = mark_of(line.sort) + std::string(tabs, '\t') + body;
  if (!line.note.empty()) {
    const std::size_t width = (tabs == 0 ? 1 : tabs * tab_width) + body.size();
    text += std::string(width < note_column ? note_column - width : 1, ' ') + fmt::format("/* {} */", line.note);
  }
  return text;
}

std::string hunk_html(const HunkLine& line) {
  constexpr std::array<std::string_view, 5> classes{"", "", "removed", "added", "skipped"};
  const std::string note =
      line.note.empty() ? std::string() : fmt::format(" <span class=\"note\">/* {} */</span>", html_escaped(line.note));
  return fmt::format("<span class=\"{}\">{}{}{}</span>\n", classes[static_cast<std::size_t>(line.sort)],
                     mark_of(line.sort), html_escaped(line.text), note);
}

Paint paint_of(HunkLine::Sort sort) {
  return sort == HunkLine::Sort::removed ? Paint::red : sort == HunkLine::Sort::added ? Paint::green : Paint::plain;
}

Paint paint_of(Impact impact) {
  constexpr std::array<Paint, 4> paints{Paint::dim, Paint::yellow, Paint::yellow, Paint::red};
  return paints[static_cast<std::size_t>(impact)];
}

}  // namespace btfx
