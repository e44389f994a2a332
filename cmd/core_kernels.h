// The kernels that `btfx core` resolves against: bases with their modules.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "btf/core.h"
#include "cmd/command.h"
#include "transform/core.h"

namespace btfx {

class CoreKernels {
 public:
  /// Reads all bases that are given with -B; then `modules`, and where an object asks for types that a base does not
  /// have, also those of the package or directory that the base was given as. Modules without any type that is asked
  /// for are not kept. Throws the Error of a base; modules that cannot be read are told of, and make status() bad.
  CoreKernels(const std::vector<std::string>& modules, const std::vector<CoreObject>& objects, bool search_all,
              const Context& context);

  [[nodiscard]] const std::vector<CoreKernel>& all() const { return kernels_; }
  [[nodiscard]] Status status() const { return status_; }

 private:
  void add_modules(const std::vector<std::string>& modules, const std::vector<std::size_t>& kernels, bool asked_for);
  [[nodiscard]] static bool wants_modules(const CoreKernel& kernel, const std::vector<CoreObject>& objects);
  [[nodiscard]] bool has_wanted(const Btf& btf) const;

  const Context& context_;
  std::unordered_set<std::string_view> wanted_;  // essential names, in the strings of the objects
  std::vector<CoreKernel> kernels_;
  std::vector<std::string> releases_;  // of each kernel; empty when unknown
  Status status_ = Status::yes;
};

}  // namespace btfx
