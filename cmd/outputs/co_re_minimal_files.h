// Where `btfx core --minimal` writes to.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "results/co_re.h"
#include "transform/co_re/resolve.h"

namespace btfx {

/// The file for each kernel: `path` itself when one is given, unless it is a directory; else `path/KERNEL.btf`, named
/// by the release or, where that is not known, by the source without directories and suffixes. Makes the directory.
/// Throws Error(usage, io), and Error(refused) when two kernels would write the same file.
std::vector<std::string> core_minimal_files(const std::string& path, std::span<const CoreKernel> kernels, bool several);

/// Writes for each kernel the smallest BTF that serves all objects, whole or not at all. A kernel on which something is
/// ambiguous is told of, gets none, and makes the status `no`; other errors and unreadable objects and modules make it
/// `trouble`.
Status write_core_minimal(const std::vector<std::string>& files, const CoreMatrix& matrix,
                          std::span<const CoreKernel> kernels, const Context& context);

}  // namespace btfx
