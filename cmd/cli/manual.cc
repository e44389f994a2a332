#include "cmd/cli/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.h"

namespace btfx {

namespace {

using BlockKind = ManualBlock::Kind;

constexpr std::size_t longest_line = 100;
constexpr std::string_view item_mark = "* ", item_margin = "  ", verbatim_margin = "    ";

/// Reads a page line by line.
class Reader {
 public:
  Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Manual read() {
    manual_.summary = next_line().value_or("");
    if (manual_.summary.empty()) fail("the first line is the summary");
    if (manual_.summary.ends_with('.')) fail("the summary ends without a full stop");
    while (const auto line = next_line()) {
      if (line->empty()) continue;
      if (!line->starts_with("# ")) fail("a section begins with '# TITLE'");
      read_section(line->substr(2));
    }
    for (const std::string_view title : {"DESCRIPTION", "EXIT STATUS"}) {
      if (manual_.find(title) == nullptr) fail(fmt::format("section {} is missing", title));
    }
    if (manual_.synopsis.empty()) fail("section SYNOPSIS is missing");
    if (manual_.examples.empty()) fail("section EXAMPLES is missing");
    return std::move(manual_);
  }

 private:
  [[noreturn]] void fail(std::string_view sentence) const {
    throw Error(ErrorCode::malformed, fmt::format("line {}: {}", line_number_, sentence)).in(std::string(name_));
  }

  std::optional<std::string_view> next_line() {
    if (at_ >= text_.size()) return std::nullopt;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++line_number_;
    if (line.size() > longest_line) fail(fmt::format("the line has more than {} characters", longest_line));
    if (line.ends_with(' ')) fail("a blank ends the line");
    if (line.find('\t') != std::string_view::npos) fail("the line has a tab");
    return line;
  }

  [[nodiscard]] bool at_section() const { return text_.substr(at_).starts_with("# "); }

  void read_section(std::string_view title) {
    if (title == "SYNOPSIS") return read_synopsis();
    const std::vector<ManualBlock> blocks = read_blocks();
    if (blocks.empty()) fail(fmt::format("section {} is empty", title));
    if (title == "EXAMPLES") return take_examples(blocks);
    if (manual_.find(title) != nullptr) fail(fmt::format("section {} is there twice", title));
    manual_.sections.push_back({std::string(title), blocks});
  }

  void read_synopsis() {
    while (!at_section()) {
      const auto line = next_line();
      if (!line) return;
      if (line->empty()) continue;
      if (!line->starts_with(verbatim_margin)) {
        manual_.synopsis.emplace_back(*line);
      } else if (!manual_.synopsis.empty()) {
        manual_.synopsis.back() += fmt::format(" {}", line->substr(verbatim_margin.size()));
      } else {
        fail("a synopsis begins at the margin");
      }
    }
  }

  std::vector<ManualBlock> read_blocks() {
    std::vector<ManualBlock> blocks;
    bool open = false;  // whether the next line may continue the last block
    while (!at_section()) {
      const auto line = next_line();
      if (!line) break;
      if (line->empty()) {
        open = false;
      } else {
        add_line(blocks, *line, open);
        open = true;
      }
    }
    for (ManualBlock& block : blocks) finish(block);
    return blocks;
  }

  void add_line(std::vector<ManualBlock>& blocks, std::string_view line, bool open) const {
    const auto continues = [&](BlockKind kind) { return open && blocks.back().kind == kind; };
    if (line.starts_with(verbatim_margin)) {
      const std::string_view rest = line.substr(verbatim_margin.size());
      if (continues(BlockKind::verbatim)) {
        blocks.back().text += fmt::format("\n{}", rest);
      } else {
        blocks.push_back({.kind = BlockKind::verbatim, .text = std::string(rest)});
      }
    } else if (line.starts_with(item_mark)) {
      blocks.push_back({.kind = BlockKind::item, .text = std::string(line.substr(item_mark.size()))});
    } else if (line.starts_with(item_margin)) {
      if (!continues(BlockKind::item)) fail("two blanks continue an item, and there is none");
      blocks.back().text += fmt::format(" {}", line.substr(item_margin.size()));
    } else if (continues(BlockKind::paragraph)) {
      blocks.back().text += fmt::format(" {}", line);
    } else {
      if (open) fail("an empty line separates a paragraph from what is before it");
      blocks.push_back({.text = std::string(line)});
    }
  }

  void finish(ManualBlock& block) const {
    if (block.kind == BlockKind::verbatim) return;
    if (std::ranges::count(block.text, '`') % 2 != 0) fail(fmt::format("a backquote is open in \"{}\"", block.text));
    if (block.kind != BlockKind::item) return;
    const std::size_t colon = block.text.find(": ");
    if (colon == std::string::npos) return;
    block.term = block.text.substr(0, colon);
    block.text.erase(0, colon + 2);
  }

  void take_examples(const std::vector<ManualBlock>& blocks) {
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
      if (blocks[i].kind != BlockKind::paragraph || !blocks[i].text.ends_with(':') || i + 1 == blocks.size() ||
          blocks[i + 1].kind != BlockKind::verbatim) {
        fail(fmt::format("an example is 'PURPOSE:' and an indented command, at \"{}\"", blocks[i].text));
      }
      manual_.examples.push_back({blocks[i].text.substr(0, blocks[i].text.size() - 1), blocks[i + 1].text});
    }
  }

  std::string_view text_, name_;
  std::size_t at_ = 0, line_number_ = 0;
  Manual manual_ = {};
};

}  // namespace

const ManualSection* Manual::find(std::string_view title) const {
  const auto found =
      std::ranges::find_if(sections, [title](const ManualSection& section) { return section.title == title; });
  return found == sections.end() ? nullptr : &*found;
}

Manual parse_manual(std::string_view text, std::string_view name) {
  return Reader(text, name).read();
}

Manual manual_of(std::string_view command) {
  const std::string name = fmt::format("{}.txt", command);
  const auto files = manual_files();
  const auto file = std::ranges::find_if(files, [&](const BuiltInFile& each) { return each.name == name; });
  if (file == files.end()) throw Error(ErrorCode::malformed, fmt::format("the manual has no {}", name));
  return parse_manual(file->text, name);
}

}  // namespace btfx
