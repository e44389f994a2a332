// Resolving CO-RE relocations: what every access of a BPF object becomes on a kernel.
//
// By default the rules are those of the reference, weak spots included, because that is what will happen at load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "btf/bpf_object.h"
#include "btf/btf.h"
#include "results/co_re.h"
#include "transform/co_re/settings.h"

namespace btfx {

struct CoreOptions {
  /// Go beyond the reference where it gives up although there is an answer: look into modules also when vmlinux has
  /// candidates and none matches; match a forward declaration with what it declares; prefer types with exactly the name
  /// over flavours; take an enumerator's sign from its enum. What comes out differently is marked.
  bool search_all = false;
};

/// What is known of a kernel beside its types.
struct CoreFacts {
  std::uint32_t version = 0;                    ///< as KERNEL_VERSION() packs it; 0: not known
  std::optional<KernelSettings> settings = {};  ///< those that were asked for; nothing: not known
  /// How many different addresses each symbol has that was asked for; nothing: not known.
  std::optional<std::unordered_map<std::string, std::size_t>> symbols = {};
};

/// A kernel to resolve against: a base, and modules on it, in the order in which they are searched. The names of each
/// part are indexed once, when first needed; safe to use from many threads.
class CoreKernel {
 public:
  CoreKernel(std::string name, BtfPtr base);
  ~CoreKernel();
  CoreKernel(CoreKernel&&) noexcept;
  CoreKernel& operator=(CoreKernel&&) noexcept;
  CoreKernel(const CoreKernel&) = delete;
  CoreKernel& operator=(const CoreKernel&) = delete;

  /// Adds a module whose BTF is split on the base.
  void add_module(std::string name, BtfPtr btf);

  /// Counts a module that was looked into and has no type of interest.
  void pass_module() { ++passed_; }

  /// What is known of it beside its types; nothing at first.
  void set_facts(CoreFacts facts) { facts_ = std::move(facts); }
  [[nodiscard]] const CoreFacts& facts() const { return facts_; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<CorePart>& parts() const { return parts_; }
  [[nodiscard]] const BtfPtr& base() const { return parts_.front().btf; }
  /// The kernel as the reports know it.
  [[nodiscard]] CoreColumn column() const;
  /// What there is to search, for sentences: "vmlinux and btrfs".
  [[nodiscard]] std::string searched() const;
  /// The ids of a part's own types with that essential name, ascending, of any kind.
  [[nodiscard]] std::vector<TypeId> find(std::size_t part, std::string_view essential) const;

 private:
  struct Index;

  std::string name_;
  CoreFacts facts_;
  std::vector<CorePart> parts_;
  std::size_t passed_ = 0;
  std::vector<std::unique_ptr<Index>> indexes_;  // one for each part
};

/// All relocations, externs and targets of an object on a kernel. Bad relocations are reported in the results; nothing
/// is thrown for them.
CoreAnswer resolve_core(const CoreObject& object, const CoreKernel& kernel, const CoreOptions& options = {});

}  // namespace btfx
