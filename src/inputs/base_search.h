// Looking for the kernels that modules were built for among many files.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "inputs/kernel.h"

namespace btfx {

/// What came of looking below a directory.
struct BaseSearch {
  std::vector<KernelPtr> kernels;  ///< each once, by their paths
  std::vector<Error> unread;       ///< what could not be read, and so may be the one
  std::vector<Error> unusable;     ///< what was read, and is no kernel with BTF
  std::size_t candidates = 0;      ///< files that may be kernels
  std::size_t looked_at = 0;       ///< of them, until all kernels were found that the modules need
};

/// Looks below a directory for the kernels of `modules` (arguments of ModuleStream), on `jobs` threads: files whose
/// path names the release of a module first. Ends when there is one for each of the modules' releases that takes a
/// module of it; where their releases cannot be told without reading all modules, it looks at everything.
/// `progress(done, total)` is called now and then. Throws Error(io) when the directory cannot be read.
BaseSearch search_bases(const std::string& directory, const std::vector<std::string>& modules, unsigned jobs,
                        const SearchPaths& paths, const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace btfx
