// Would the kernel take a module's BTF, and is it the right kernel? One module against one base.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/once.h"
#include "btf/btf.h"
#include "btf/kernel_rules/kernel.h"
#include "btf/kernel_rules/validate.h"
#include "btf/load.h"
#include "image/image.h"
#include "results/check.h"
#include "transform/merge/merge_base.h"
#include "transform/relocate/growth.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// A base that modules are checked against, with what is known of its kernel. Shared by any number of threads.
class CheckBase {
 public:
  /// `release` is that of the kernel, or empty where it is not known; see kernel_profile().
  CheckBase(std::string name, BtfPtr btf, std::string release);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const BtfPtr& btf() const { return btf_; }
  [[nodiscard]] const std::string& release() const { return release_; }
  /// The kernel's rules, and how they are known.
  [[nodiscard]] const KernelProfile& profile() const { return profile_; }
  [[nodiscard]] const KernelRules& kernel() const { return profile_.rules; }
  /// Bytes of the kernel's `struct module`; nothing when the base has no such type.
  [[nodiscard]] std::optional<std::uint32_t> module_size() const { return module_size_; }
  /// Whether the base marks functions that BPF programs may call with a declaration tag.
  [[nodiscard]] bool tags_kfuncs() const { return tags_kfuncs_; }
  [[nodiscard]] const RelocationTarget& target() const { return target_; }
  /// Made on first use, on so many threads.
  [[nodiscard]] const MergeBasePtr& merge_base(unsigned jobs) const;
  /// How this base differs from another one.
  struct Comparison {
    Comparison(const CheckBase& origin, const CheckBase& base);

    std::optional<TypeId> divergence;  ///< see first_divergence()
    GrowthFinder growth;
  };
  /// Compared once for each origin.
  [[nodiscard]] const Comparison& compared_with(const CheckBase& origin) const;

 private:
  std::string name_;
  BtfPtr btf_;
  std::string release_;
  KernelProfile profile_;
  std::optional<std::uint32_t> module_size_;
  bool tags_kfuncs_ = false;
  RelocationTarget target_;
  mutable OncePerKey<const CheckBase*, std::unique_ptr<const Comparison>> comparisons_;
  mutable Once<MergeBasePtr> merge_base_;
};

struct CheckOptions {
  bool all_findings = false;          ///< go on after the first of the kernel's findings
  bool bloat = false;                 ///< look for types that de-duplication would drop
  std::uint64_t bloat_threshold = 0;  ///< bytes of them that are worth a warning
  const CheckBase* origin = nullptr;  ///< the base that modules were built against, where it is known
  unsigned jobs = 1;                  ///< threads for what is made of a base; a check itself needs one
};

/// Checks a module on a base. Findings bear these codes; errors decide the outcome:
///
///     foreign             names or references do not fit the base
///     kernel-RULE         the kernel refuses it by that rule, in the words of the text; decides nothing when foreign
///     unreadable          the kernel's rules let it pass, but libbpf could not read it
///     byte-order          it is for machines of the other byte order
///     compressed          a section is stored compressed, which kernels do not unpack
///     incoherent          of a distilled module: the kernel lets it pass, but its parts do not fit together
///     empty-base          the distilled base holds no type, which kernels misread
///     not-distilled       the distilled base holds types that have no place in one; the text is the kernel's
///     module-size         the kernel's struct module has another size than the module's own
///     not-mapped          it does not relocate; the text is the kernel's
///     ids-..., kfunc-...  see check_ids()
///     damaged             one name or reference does not fit, and the kernel refuses it (warning)
///     functions           when foreign: functions of its BTF that its symbols do not know (warning)
///     standalone          in place of foreign: it was built without a base and continues none
///     release             it says that it was built for another release (warning)
///     too-old             the kernel does not know .BTF.base (warning)
///     origin              whether it fits the origin instead, and would relocate from there (note)
///     divergence          from which type on the base is another than the origin (note)
///     bloat               it repeats types that it or the base has already (warning)
///
/// and those that tell why it does not relocate: see fit_finding_table (transform/relocate/relocate.h) and
/// renumber_ids().
///
/// A BPF object is judged like check_standalone() does, by the rules of the base's kernel. Throws Error for what cannot
/// be read at all, or carries no BTF.
CheckResult check_module(const Image& image, const CheckBase& base, const CheckOptions& options = {});

/// Checks a BTF that stands alone by the rules of bpf(BPF_BTF_LOAD), which are the strictest: of the kernel that it is
/// itself, or else of that of `release`, see kernel_profile(). A BPF object, which no kernel is, is judged as a loader
/// completes it, with the note `bpf-object`. A module with such a BTF is a mismatch, whatever its kernel.
CheckResult check_standalone(const Image& image, std::string_view release, const CheckOptions& options = {});

}  // namespace btfx
