// The manual's prose: one text per command in cmd/manual/, which is part of the program. What is said of a single
// option or word stands with its definition instead.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/built_in_file.h"

namespace btfx {

/// A paragraph, an item of a list ("TERM: text", or a text alone) or lines that stand as they are. `text` quotes what
/// is typed or read literally between backquotes, unless it is `verbatim`.
struct ManualBlock {
  enum class Kind { paragraph, item, verbatim };
  Kind kind = Kind::paragraph;
  std::string term = {};  ///< of an item that has one, with its backquotes
  std::string text = {};  ///< verbatim: the lines without their indentation, separated by newlines
};

struct ManualSection {
  std::string title;  ///< in capitals
  std::vector<ManualBlock> blocks;
};

struct ManualExample {
  std::string purpose;  ///< without its final colon
  std::string command;  ///< one or more lines
};

/// A page of the manual apart from what is made of the definitions of options.
struct Manual {
  std::string summary;                  ///< one line, no full stop
  std::vector<std::string> synopsis;    ///< each a form of the command line, without `btfx NAME`
  std::vector<ManualSection> sections;  ///< all but SYNOPSIS and EXAMPLES, in their order; DESCRIPTION is the first
  std::vector<ManualExample> examples;

  /// The section of that title, or null.
  [[nodiscard]] const ManualSection* find(std::string_view title) const;
};

/// Reads a page. The first line is the summary. A section begins with a line `# TITLE`. In it, blocks are separated by
/// empty lines: a line that begins with `* ` is an item, one with four blanks is verbatim (and needs no empty line
/// before it), all others are paragraphs. Lines of an item continue with two blanks, forms of a synopsis with four.
/// An example is a paragraph that ends in a colon, and a verbatim block.
///
/// Throws Error(malformed) with the line, in `name`, where a text keeps to none of this, lacks SYNOPSIS, DESCRIPTION,
/// EXIT STATUS or EXAMPLES, leaves a backquote open, or has a line of more than 100 characters.
Manual parse_manual(std::string_view text, std::string_view name);

/// All pages, each `COMMAND.txt`, and `btfx.txt`. Defined by the build.
std::span<const BuiltInFile> manual_files();

/// The page of a command, or that of `btfx`. Throws as parse_manual() does, and when there is none.
Manual manual_of(std::string_view command);

}  // namespace btfx
