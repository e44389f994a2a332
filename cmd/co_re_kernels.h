// The kernels that `btfx core` resolves against: bases with their modules.
#pragma once

#include <cstddef>
#include <functional>
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
  struct Options {
    std::vector<std::string> modules;
    std::string config;  ///< the file with the configuration of all kernels; empty: each has its own
    bool search_all = false;
  };
  /// Reads all bases that are given with -B; then the modules, and where an object asks for something that a base does
  /// not have, also those of the package or directory that the base was given as. Modules without anything that is
  /// asked for are not kept. A base that is given twice counts once. Bases and modules that cannot be read are told of,
  /// and are in unread(). Throws Error when `config` cannot be read.
  CoreKernels(const Options& options, const std::vector<CoreObject>& objects, const Context& context);

  [[nodiscard]] const std::vector<CoreKernel>& all() const { return kernels_; }
  [[nodiscard]] const std::vector<CoreUnread>& unread() const { return unread_; }
  /// How many bases were given.
  [[nodiscard]] std::size_t given() const { return sources_.size(); }

 private:
  /// A kernel that has been read, or why it could not be.
  struct ReadKernel {
    std::string source;
    KernelPtr kernel = {};
    CoreFacts facts = {};
    std::optional<Error> error = {};
  };

  void note_questions(const std::vector<CoreObject>& objects);
  [[nodiscard]] ReadKernel read_kernel(const std::string& source) const;
  [[nodiscard]] CoreFacts read_facts(const std::string& source, const Image& image, const std::string& release) const;
  void add_kernel(ReadKernel&& read);
  void add_modules(const std::vector<std::string>& modules, const std::vector<std::size_t>& kernels, bool asked_for);
  [[nodiscard]] static bool wants_modules(const CoreKernel& kernel, const std::vector<CoreObject>& objects);
  [[nodiscard]] bool has_wanted(const Btf& btf) const;

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
  std::optional<std::string> config_;  // of all kernels
  std::vector<std::string> sources_;   // of the bases that were given
  std::vector<CoreKernel> kernels_;    // those that could be read
  std::vector<KernelPtr> bases_;       // of each kernel
  std::vector<CoreUnread> unread_;
};

}  // namespace btfx
