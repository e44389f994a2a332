// Which modules a difference between two kernels breaks: what modules built for the old one take from it, and whether
// they load on the new one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "results/change.h"
#include "transform/diff/diff.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// Judges modules by the difference between their base and another. Constant, so that threads can share it.
class Affects {
 public:
  /// `bases` is the difference between the modules' base and the one they are to be loaded on. It must outlive this.
  /// Throws Error(unsupported) when one is split itself.
  explicit Affects(const Diff& bases);
  explicit Affects(Diff&& bases) = delete;

  /// `module` is split BTF on the old base, or distilled: then on its own `.BTF.base`. `imports` are the names of the
  /// symbols that it takes from elsewhere; one that the new base lacks is a reason to rebuild, unless a module has it
  /// (ModuleExports). Changes without any impact are left out. Throws Error where distilling or relocating does.
  [[nodiscard]] ModuleVerdict judge(std::string name, const BtfPtr& module, bool is_distilled,
                                    std::span<const std::string_view> imports) const;

 private:
  void add_types(ModuleVerdict& verdict, const Btf& distilled, const Relocation& relocation) const;
  [[nodiscard]] const Change* find(TypeView distilled) const;

  const Diff& bases_;
  RelocationTarget target_;
  NameLinks links_;                                                           // from the old base to the new one
  std::unordered_map<std::uint64_t, std::vector<const Change*>> by_key_;      // what a distilled base can name
  std::unordered_map<std::string_view, std::vector<const Change*>> symbols_;  // functions and variables
  std::vector<const Change*> typedefs_;
};

}  // namespace btfx
