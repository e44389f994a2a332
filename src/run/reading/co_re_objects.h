// The BPF objects that the arguments of `btfx core` mean.
#pragma once

#include <string>
#include <vector>

#include "results/co_re.h"
#include "run/context.h"

namespace btfx {

/// Reads the BPF objects that are given: as files, inside of programs (`PROGRAM:1`, `PROGRAM:2`, ...), and as files and
/// inside of programs in directories, packages and archives of object files (`ARCHIVE:MEMBER`). Each content comes
/// once. What cannot be read is told of, and stays as its error.
std::vector<CoreObject> read_core_objects(const std::vector<std::string>& sources, const Context& context);

}  // namespace btfx
