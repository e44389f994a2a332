// Differences as text, for tests that compare them.
#pragma once

#include <string>
#include <vector>

#include "support/btf_model.h"
#include "transform/diff/diff.h"

namespace btfx::test {

/// A line for each change and, after two spaces, for each of its details:
///
///     layout changed struct point <- struct coordinate
///       layout size 8 -> 16
///
/// Texts are quoted, numbers bare, what is empty or zero on both sides is left out.
std::vector<std::string> text_of(const std::vector<Change>& changes);

/// Compares two models and gives the lines.
std::vector<std::string> compare_models(const BtfModel& before, const BtfModel& after);

/// Types that differ in every way that matters to comparing: 40 or so, with all kinds among them.
BtfModel kernel_model();

using Lines = std::vector<std::string>;

}  // namespace btfx::test
