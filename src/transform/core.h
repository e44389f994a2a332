// Resolving CO-RE relocations: what every access of a BPF object becomes on a kernel.
//
// By default the rules are those of the reference, weak spots included, because that is what will happen at load.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "btf/core.h"

namespace btfx {

struct CoreOptions {
  /// Look into modules also when vmlinux has candidates and none matches; match a forward declaration with the struct
  /// it declares; prefer types with exactly the name over flavours. What is found so is marked.
  bool search_all = false;
};

/// A kernel to resolve against: a base, and modules on it, in the order in which they are searched. Finds candidates by
/// essential name; the names of each part are indexed once, when first needed, and shared by threads.
class CoreKernel {
 public:
  CoreKernel(std::string name, BtfPtr base);
  ~CoreKernel();
  CoreKernel(CoreKernel&&) noexcept;
  CoreKernel& operator=(CoreKernel&&) noexcept;

  /// Adds a module whose BTF is split on the base.
  void add_module(std::string name, BtfPtr btf);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<CorePart>& parts() const { return parts_; }
  /// The ids of a part's own types with that essential name, ascending, of any kind.
  [[nodiscard]] std::vector<TypeId> find(std::size_t part, std::string_view essential) const;

 private:
  struct Index;

  std::string name_;
  std::vector<CorePart> parts_;
  std::vector<std::unique_ptr<Index>> indexes_;
};

/// All relocations of an object on a kernel. Bad relocations are told in the results; nothing is thrown for them.
CoreAnswer resolve_core(const CoreObject& object, const CoreKernel& kernel, const CoreOptions& options = {});

}  // namespace btfx
