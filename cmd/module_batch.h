// What the commands that write something for each module have in common.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "cmd/outputs/module_output.h"
#include "image/modules.h"

namespace btfx {

/// A batch of modules on its way to a destination.
class ModuleBatch {
 public:
  /// Throws Error(usage) for destinations that exclude each other or do not fit the modules; Error(refused) when two
  /// modules would write the same file below --output-dir, or binary data would go to a terminal; Error(io) when that
  /// directory cannot be made. Nothing has been written then.
  ModuleBatch(const ModuleDestination& destination, const std::vector<std::string>& modules, const Context& context);

  /// For run_modules(). What is changed in place comes once, by the first of its names.
  std::optional<ModuleItem> next();
  [[nodiscard]] std::optional<std::size_t> count() const { return count_; }
  /// Further names of files that were changed in place, when all is done.
  [[nodiscard]] const std::vector<std::string>& repeated() const { return repeated_; }

 private:
  void refuse_clashes(const std::vector<std::string>& modules) const;

  const ModuleDestination& destination_;
  ModuleStream stream_;
  std::optional<std::size_t> count_;
  std::optional<ModuleItem> only_;  // the one module that goes to -o
  std::set<std::string> in_place_;  // the files that were given out, without links in their paths
  std::vector<std::string> repeated_;
};

}  // namespace btfx
