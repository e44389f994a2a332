// What modules take from one another by name: whether the symbols that a module imports are still there in another
// kernel.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "image/elf.h"
#include "results/change.h"

namespace btfx {

/// The names that the kernel's EXPORT_SYMBOL() made available to other modules, by the `__ksymtab_NAME` symbols of a
/// module's symbol table.
std::vector<std::string> exported_names(std::span<const ElfSymbol> symbols);

/// Knows what all modules of two kernels export, once they have been added.
class ModuleExports {
 public:
  void add_before(const std::string& module, std::vector<std::string> names);
  void add_after(std::vector<std::string> names);

  /// Settles what `verdict` says of symbols that the new vmlinux lacks, once all modules are known: one that a module
  /// of the new kernel exports is no reason to rebuild, and one that a module of the old kernel exported, and none of
  /// the new does, is.
  void settle(ModuleVerdict& verdict) const;

 private:
  std::map<std::string, std::string> before_;  // name and the module that exported it
  std::set<std::string> after_;
};

}  // namespace btfx
