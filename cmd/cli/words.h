// The grammar of arguments that are words: `file X format raw root_id 7`.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/command.h"

namespace btfx {

/// Gives each word and its value to the spec that it names, in their order. A first argument that is no word is the
/// value of `bare_word`. Later words may be shortened as long as they remain unambiguous; the first may not, since it
/// could be the name of a file. Throws Error(usage).
void parse_words(const std::vector<WordSpec>& specs, const std::string& bare_word,
                 const std::vector<std::string>& given);

}  // namespace btfx
