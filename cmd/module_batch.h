// What the commands that write something for each module have in common.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "btf/btf.h"
#include "cmd/cli/command.h"
#include "cmd/outputs/sidecars.h"
#include "image/modules.h"

namespace btfx {

/// Where results go.
struct ModuleDestination {
  std::string output;     ///< -o: one file
  std::string directory;  ///< --output-dir: a file for each module and section, `DIR/NAME.BTF`
  bool in_place = false;  ///< --in-place: the modules themselves
  bool dry_run = false;   ///< --dry-run: nowhere

  /// Whether nothing is written.
  [[nodiscard]] bool nowhere() const { return dry_run || (output.empty() && directory.empty() && !in_place); }
  /// Whether standard output is taken by the result.
  [[nodiscard]] bool takes_stdout() const { return output == "-" && !nowhere(); }
};

/// A batch of modules on its way to a destination.
class ModuleBatch {
 public:
  /// Throws Error(usage) for destinations that exclude each other or do not fit the modules; Error(refused) when two
  /// modules would write the same file below --output-dir, or binary data would go to a terminal; Error(io) when that
  /// directory cannot be made. Nothing has been written then.
  ModuleBatch(const ModuleDestination& destination, const std::vector<std::string>& modules, const Context& context);

  /// For run_stream(). What is changed in place comes once, by the first of its names.
  std::optional<ModuleItem> next();
  [[nodiscard]] std::optional<std::size_t> count() const { return count_; }
  /// Further names of files that were changed in place, when all is done.
  [[nodiscard]] const std::vector<std::string>& repeated() const { return repeated_; }

  /// Writes the sections as sidecars `DIR/NAME.BTF`, `DIR/NAME.BTF.base` and `DIR/NAME.BTF_ids`, those that are not
  /// empty. NAME is the module's file name without the suffix of a compression. Throws Error(io).
  [[nodiscard]] Sidecars write_sidecars(const std::string& module, const Bytes& btf, const Bytes& base,
                                        const Bytes& ids) const;

 private:
  void refuse_clashes(const std::vector<std::string>& modules) const;

  const ModuleDestination& destination_;
  ModuleStream stream_;
  std::optional<std::size_t> count_;
  std::optional<ModuleItem> only_;  // the one module that goes to -o
  std::set<std::string> in_place_;  // the files that were given out, without links in their paths
  std::vector<std::string> repeated_;
};

/// Parses the split BTF of a module on the base it was built against. Throws Error naming the file: refused, with the
/// evidence, when it was built against another one.
BtfPtr parse_split(const Image& image, const BtfPtr& base);

}  // namespace btfx
