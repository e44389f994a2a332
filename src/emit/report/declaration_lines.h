// Declarations as lines of C with offsets, and which lines of two versions correspond: what a difference is shown with.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// A line of a declaration.
struct DeclarationLine {
  std::string text;         ///< C, indented with tabs
  std::string offset = {};  ///< of a member or variable, in bytes, `12:3` for bit 3 of byte 12
  std::string size = {};    ///< in bytes; of the whole, in the last line
};

/// An offset in bits as bytes, `12:3` for bit 3 of byte 12.
std::string offset_text(std::uint64_t bits);
/// An enumerator's value.
std::string value_text(std::uint64_t value, bool is_signed);

/// The lines of a declaration, anonymous composites in full where they are used, as far as they go in a few thousand
/// lines.
std::vector<DeclarationLine> declaration_lines(const Btf& btf, TypeId id);

/// The declaration in one line, for what was added or removed: a function in full, a composite with its size only.
std::string declaration_summary(TypeView type);

/// What to print in one place: a line of both versions, or of one; -1 where the other has none.
struct LinePair {
  std::int64_t before, after;
};

/// Which lines correspond. Lines of one text do that are alone with it on both sides and keep their order, and whatever
/// equals beside them. O(n log n).
std::vector<LinePair> align_lines(const std::vector<DeclarationLine>& before,
                                  const std::vector<DeclarationLine>& after);

}  // namespace btfx
