// The kernels that `btfx core` resolves against: bases with their modules.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "inputs/kernel.h"
#include "results/co_re.h"
#include "run/context.h"
#include "transform/co_re/resolve.h"

namespace btfx {

class CoreKernels {
 public:
  struct Options {
    std::vector<std::string> modules;
    std::string config;  ///< the file with the configuration of all kernels; empty: each has its own
    bool search_all = false;
  };
  /// Notes what the objects ask of kernels. Throws Error when `config` cannot be read.
  CoreKernels(const Options& options, const std::vector<CoreObject>& objects, const Context& context);

  /// Reads the bases that are given with -B, with their modules, and hands them to `take(kernels)` in the order in
  /// which they were given, a few at a time, so that memory does not grow with their number; all at once when modules
  /// are given, of which each is read once for all kernels. Where an object asks for something that a base does not
  /// have, the modules of the package or directory that the base was given as are read. Modules without anything that
  /// is asked for are not kept. A base that is given twice counts once. Bases and modules that cannot be read are told
  /// of, and are in unread().
  void for_each(const std::function<void(const std::vector<CoreKernel>&)>& take);

  /// What could not be read, kernels first.
  [[nodiscard]] std::vector<CoreUnread> unread() const;
  /// How many bases were given.
  [[nodiscard]] std::size_t given() const { return sources_.size(); }

 private:
  /// A kernel that has been read, or why it could not be.
  struct ReadKernel {
    std::string source;
    std::string image = {};  ///< where the kernel was found: the packages of one kernel lead to the same
    KernelPtr kernel = {};
    CoreFacts facts = {};
    std::optional<Error> error = {};
  };

  void note_questions(const std::vector<CoreObject>& objects);
  [[nodiscard]] ReadKernel read_kernel(const std::string& source) const;
  [[nodiscard]] CoreFacts read_facts(const std::string& source, const Image& image, const std::string& release) const;
  void add_kernel(ReadKernel&& read);
  void add_modules(const std::vector<std::string>& modules, const std::vector<std::size_t>& kernels, bool asked_for);
  void add_own_modules();
  [[nodiscard]] bool wants_modules(const CoreKernel& kernel) const;
  [[nodiscard]] bool has_wanted(const Btf& btf) const;

  Options options_;
  const std::vector<CoreObject>& objects_;
  const Context& context_;
  /// Names, of which views can be looked up.
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  std::unordered_set<std::string, NameHash, std::equal_to<>>
      wanted_;                                // essential names of types, and names of functions and others
  std::unordered_set<std::string> settings_;  // that objects ask for
  std::unordered_set<std::string> symbols_;   // the same of symbols without types
  bool wants_version_ = false;
  std::optional<std::string> config_;       // of all kernels
  std::vector<std::string> sources_;        // of the bases that were given
  std::unordered_set<std::string> images_;  // of the kernels that were added
  std::unordered_set<std::string> names_;   // of kernels so far
  // Those that are being read:
  std::vector<CoreKernel> kernels_;
  std::vector<KernelPtr> bases_;  // of each kernel
  // Of all so far:
  std::vector<CoreUnread> unread_kernels_, unread_modules_;
};

}  // namespace btfx
