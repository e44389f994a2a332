// The kernels that `btfx core` resolves against: bases with their modules.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "cmd/cli/command.h"
#include "inputs/kernel.h"
#include "results/co_re.h"
#include "transform/co_re/resolve.h"

namespace btfx {

class CoreKernels {
 public:
  /// Reads all bases that are given with -B; then `modules`, and where an object asks for types that a base does not
  /// have, also those of the package or directory that the base was given as. Modules without any type that is asked
  /// for are not kept. A base that is given twice counts once. Bases and modules that cannot be read are told of, and
  /// are in unread().
  CoreKernels(const std::vector<std::string>& modules, const std::vector<CoreObject>& objects, bool search_all,
              const Context& context);

  [[nodiscard]] const std::vector<CoreKernel>& all() const { return kernels_; }
  [[nodiscard]] const std::vector<CoreUnread>& unread() const { return unread_; }
  /// How many bases were given.
  [[nodiscard]] std::size_t given() const { return sources_.size(); }

 private:
  void add_kernel(const std::string& source, const KernelPtr& kernel, const std::optional<Error>& error);
  void add_modules(const std::vector<std::string>& modules, const std::vector<std::size_t>& kernels, bool asked_for);
  [[nodiscard]] static bool wants_modules(const CoreKernel& kernel, const std::vector<CoreObject>& objects);
  [[nodiscard]] bool has_wanted(const Btf& btf) const;

  const Context& context_;
  std::unordered_set<std::string_view> wanted_;  // essential names, in the strings of the objects
  std::vector<std::string> sources_;             // of the bases that were given
  std::vector<CoreKernel> kernels_;              // those that could be read
  std::vector<KernelPtr> bases_;                 // of each kernel
  std::vector<CoreUnread> unread_;
};

}  // namespace btfx
