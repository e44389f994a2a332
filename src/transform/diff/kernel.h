// Comparing two whole kernels: vmlinux with vmlinux, modules with modules of the same name, and then all of it at once,
// so that a change that many modules share is reported once, and a type that went from one part to another as moved.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "transform/diff/diff.h"

namespace btfx {

/// The comparison of one module, made by any thread.
struct ModuleDiff {
  std::string name;
  Diff diff;  ///< without changes when the module is there on one side only; then the other has no fingerprints
};

/// What two kernels differ in.
struct KernelChanges {
  std::vector<Change> changes;  ///< in the order of a Diff, with parts
  std::vector<std::string> modules_added, modules_removed;
};

/// See the top of this file. compare_module() may be called from many threads at once, the rest from one.
class KernelDiff {
 public:
  /// Compares the two vmlinux.
  KernelDiff(BtfPtr before, BtfPtr after, unsigned jobs);

  /// The difference between the two vmlinux.
  [[nodiscard]] const Diff& bases() const { return bases_; }
  /// Compares two modules, standalone or split on the two vmlinux (the same objects); one of them may be missing.
  [[nodiscard]] ModuleDiff compare_module(std::string name, const BtfPtr& before, const BtfPtr& after) const;
  /// Takes the result.
  void add(const ModuleDiff& module);
  /// Joins everything. What says the same in several parts is one change. A type that a module lost and another part
  /// still has, or the other way round, is none: modules list whatever their headers mention.
  [[nodiscard]] KernelChanges finish();

 private:
  /// A declaration without its place: what it is called, and what it says.
  using Identity = std::pair<std::uint64_t, std::uint64_t>;
  struct IdentityHash {
    std::size_t operator()(const Identity& identity) const { return identity.first ^ (identity.second << 1); }
  };
  struct Entry {
    Change change;
    Identity before{}, after{};
    bool dropped = false;
  };
  struct UnpairedModule {
    std::string module;
    std::shared_ptr<const Fingerprints> prints;
  };

  void add_changes(const Diff& diff, const std::string& part);
  void add_types(const Fingerprints& prints, std::vector<Identity>& types);
  void join_moves();
  void drop_kept();

  Diff bases_;
  std::vector<Entry> entries_;
  std::vector<UnpairedModule> lone_before_, lone_after_;  // modules without counterpart
  std::vector<Identity> types_before_, types_after_;      // of all parts
};

}  // namespace btfx
