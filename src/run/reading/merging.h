// Many BTFs read and merged into one: what `merge` and a dump of several files have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/context.h"
#include "transform/merge/merge.h"

namespace btfx {

/// What became of one input.
struct MergedModule {
  std::string name;
  std::uint32_t types = 0;     ///< that it holds itself
  std::optional<Error> error;  ///< set when it was left out, and why
};

struct MergedModules {
  std::unique_ptr<Merge> merge;    ///< finished
  BtfPtr base;                     ///< that was given or found; null without one
  ByteOrder order = native_order;  ///< of the base, or without one of the first input
  unsigned pointer_size = 0;       ///< of the first input
  Diagnostics diagnostics;
};

/// Reads modules, on several threads, and merges them in their order onto the base given with -B; without -B, onto the
/// base that is found for the first of them, or onto nothing when that one is standalone. Modules with a .BTF.base are
/// relocated, standalone ones are taken as such. A split BTF that does not belong to the base is an error that says
/// why. `on_module` gets every module in order, on the calling thread; a module with an error is left out unless it
/// throws.
MergedModules merge_modules(const std::vector<std::string>& modules, bool strict, const Context& context,
                            const std::function<void(const MergedModule&)>& on_module);

}  // namespace btfx
