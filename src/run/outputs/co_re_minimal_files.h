// Where `btfx core --minimal` writes to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "results/co_re.h"
#include "run/context.h"
#include "transform/co_re/resolve.h"

namespace btfx {

/// The file for each of the kernels, by their names: `path` itself when one is given, unless it is a directory; else
/// `path/KERNEL.btf`, named by the release or, where that is not known, by the source without directories and suffixes.
/// Makes the directory. Throws Error(usage, io), and Error(refused) when two kernels would write the same file.
std::vector<std::string> core_minimal_files(const std::string& path, std::span<const CoreColumn> kernels, bool several);

/// The minimal BTF of one kernel, or why there is none.
struct CoreMinimal {
  Bytes bytes = {};
  std::optional<Error> error = {};
};

/// The smallest BTF that serves all objects on a kernel.
CoreMinimal make_core_minimal(std::span<const CoreObject> objects, const CoreKernel& kernel);

/// Writes the minimal BTF of each kernel, whole or not at all. A kernel on which something is ambiguous is told of,
/// gets none, and makes the status `no`; other errors and unreadable objects and modules make it `trouble`.
Status write_core_minimal(const std::vector<std::string>& files, const CoreMatrix& matrix,
                          std::span<const CoreMinimal> minimal, const Context& context);

}  // namespace btfx
