// What to show of a declaration that changed: the lines that differ, and some around them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/palette.h"
#include "results/change.h"

namespace btfx {

/// A line of a unified diff, with an offset beside it.
struct HunkLine {
  enum class Sort : std::uint8_t {
    same,
    moved,  ///< the same text at another offset, or of another size
    removed,
    added,
    skipped,  ///< stands for lines that are not shown
  };
  Sort sort = Sort::same;
  std::string text;  ///< C, indented with tabs
  std::string note;  ///< offset and size, and where they changed both
};

/// The lines that show a change: all that came and went with two lines around them, and the first lines of what only
/// moved; both braces; and `path: type` for members of anonymous types behind pointers and in arrays, which no line of
/// the declaration shows. Nothing for what only follows from other changes, or shows in no line.
std::vector<HunkLine> hunk_lines(const Change& change);

/// A line as text: its mark, the line, and the note behind it. Printable, and without a newline.
std::string hunk_text(const HunkLine& line);
/// A line as HTML, an element with a newline.
std::string hunk_html(const HunkLine& line);

/// The colours on a terminal.
Paint paint_of(HunkLine::Sort sort);
Paint paint_of(Impact impact);

}  // namespace btfx
