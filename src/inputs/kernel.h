// The kernels that modules and programs are read on: each base is read once, and so is what commands make of it.
#pragma once

#include <memory>
#include <string>

#include "base/once.h"
#include "btf/btf.h"
#include "image/source.h"
#include "transform/check/check.h"
#include "transform/diff/fingerprints.h"
#include "transform/merge/merge_base.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// A base with what is known of its kernel. What takes a pass over all of its types is made when it is first needed,
/// and kept. Safe to use from many threads.
class Kernel {
 public:
  /// Reads any source that read_base_source() takes, and keeps the BTF alone in memory, not the image it came from.
  /// Throws Error(no_base) when it is itself split.
  explicit Kernel(std::string source, const SearchPaths& paths = SearchPaths::system());
  /// The same of a source that has been read.
  Kernel(std::string source, const Image& image, const SearchPaths& paths);
  /// A root that is at hand, of a kernel whose release is not known. Throws Error(unsupported) for split BTF.
  Kernel(std::string name, BtfPtr btf);

  /// As the user named it.
  [[nodiscard]] const std::string& source() const { return source_; }
  /// The release that its image names, for the BTF in sysfs that of the running kernel; empty when it is not known.
  [[nodiscard]] const std::string& release() const { return release_; }
  /// What to call it: its release, or else the name of the image that was read.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Whether it is a BPF object, whose types are those of a program.
  [[nodiscard]] bool is_program() const { return is_program_; }
  [[nodiscard]] const BtfPtr& btf() const { return btf_; }

  /// The base as something to relocate onto.
  [[nodiscard]] const RelocationTarget& target() const { return target_; }
  /// The base as something to check modules on, with the rules of its kernel.
  [[nodiscard]] const CheckBase& check_base() const;
  /// The base as something to merge onto or to de-duplicate against, indexed on `jobs` threads.
  [[nodiscard]] const MergeBasePtr& merge_base(unsigned jobs = 1) const;
  /// The fingerprints of its types.
  [[nodiscard]] const std::shared_ptr<const Fingerprints>& prints() const;

 private:
  std::string source_, release_, name_;
  bool is_program_ = false;
  BtfPtr btf_;
  RelocationTarget target_;
  mutable Once<std::unique_ptr<const CheckBase>> check_base_;
  mutable Once<MergeBasePtr> merge_base_;
  mutable Once<std::shared_ptr<const Fingerprints>> prints_;
};

using KernelPtr = std::shared_ptr<const Kernel>;

/// The release of the kernel that an image holds: what the image says, or for the running kernel's BTF in sysfs what
/// the system says; empty when it is not known.
std::string release_of_base(const Image& image, const SearchPaths& paths = SearchPaths::system());

/// The kernels of one invocation. Safe to use from many threads.
class Kernels {
 public:
  explicit Kernels(SearchPaths paths = SearchPaths::system()) : paths_(std::move(paths)) {}

  /// The kernel of a source, read when it is first asked for. A failure is kept, too, so that it is not repeated for
  /// each of many modules. Throws what Kernel() throws, naming the source.
  [[nodiscard]] KernelPtr get(const std::string& source) const;
  /// Where kernels are looked for.
  [[nodiscard]] const SearchPaths& paths() const { return paths_; }

 private:
  SearchPaths paths_;
  mutable OncePerKey<std::string, KernelPtr> kernels_;
};

}  // namespace btfx
