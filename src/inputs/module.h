// Modules, and whatever else is read on a base: what goes with what is decided here, once for all commands.
//
// Whether a BTF fits a base is told in one way everywhere. One that continues another base than it is read on is
// refused with the evidence, and so is one whose `.BTF.base` does not relocate; the errors name file and section.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/once.h"
#include "btf/btf.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "image/image.h"
#include "image/modules.h"
#include "inputs/base_choice.h"
#include "inputs/kernel.h"
#include "transform/check/load_refusal.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// A module with a distilled base, relocated.
struct RelocatedModule {
  BtfPtr original;  ///< on its own `.BTF.base`
  Relocation relocation;
  BtfPtr split;  ///< on the kernel
};

/// One carrier of BTF.
class Module {
 public:
  /// Throws Error(no_btf) when the image carries none.
  explicit Module(Image image);
  /// Opens an item of a ModuleStream; see open_module().
  explicit Module(const ModuleItem& item);

  [[nodiscard]] const Image& image() const { return image_; }
  /// As it was named: the item's name, or else the image's.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Relation relation() const { return relation_; }
  /// Bytes of a pointer in the ELF file; 0 for what is not one.
  [[nodiscard]] unsigned pointer_size() const { return image_.elf ? image_.elf->pointer_size() : 0; }
  /// Whether a signature is appended.
  [[nodiscard]] bool is_signed() const;
  /// The `.BTF_ids` of an ELF file; nothing when there is none.
  [[nodiscard]] std::optional<BtfIds> ids() const;

  /// As it stands: a root, or distilled BTF on its own `.BTF.base`, parsed once. Throws Error, for split BTF because it
  /// needs a kernel.
  [[nodiscard]] const BtfPtr& as_it_is() const;
  /// On a kernel: relocated when it is distilled, else as split BTF, whatever it looks like. Throws Error(refused) when
  /// it does not fit, with the evidence.
  [[nodiscard]] BtfPtr on(const Kernel& kernel) const;
  /// The same of a distilled module, with what became of its types. Where a result is written, both sections are
  /// validated before; on() leaves that to check, as for split BTF.
  [[nodiscard]] RelocatedModule relocated_onto(const Kernel& kernel, LookAt sections = LookAt::both) const;

 private:
  Image image_;
  std::string name_;
  Relation relation_;
  mutable Once<BtfPtr> as_it_is_;
};

/// The kernel that was chosen for something, and why.
struct ChosenKernel {
  KernelPtr kernel;
  std::string note = {};  ///< how it was found: a sentence for -v; empty when it was given
};

/// The kernel that a module is to be read on: the one given with -B, or the one that find_base() finds. Throws
/// Error(no_base) when none is found or is to be looked for, and Error(usage) when several are given.
ChosenKernel choose_kernel(const Module& module, const BaseChoice& choice, const Kernels& kernels);

/// A BTF on the base that was decided on.
struct LoadedBtf {
  BtfPtr btf;
  KernelPtr kernel = {};                     ///< that it continues; null for a root, and for what is on its `.BTF.base`
  Relation relation = Relation::standalone;  ///< to its base, as it was loaded: relocated BTF is split
  std::vector<std::string> notes = {};       ///< what was chosen and why: sentences for -v
  std::string doubt = {};                    ///< what speaks against its base, a sentence; empty when nothing does
};

/// Loads a BTF to look at it, by this table:
///
///     -B given  .BTF.base  result
///     no        no         standalone, or split on the base that find_base() finds
///     yes       no         split on the given base
///     no        yes        on its .BTF.base, not relocated
///     yes       yes        relocated from its .BTF.base onto the given base
///
/// Split BTF that does not belong to its base is only doubted here: the numbers mean something on most bases, if not
/// what they meant on the right one. Throws what choose_kernel() throws, and Error for what cannot be read or
/// relocated.
LoadedBtf load_to_look_at(const Module& module, const BaseChoice& choice, const Kernels& kernels);

}  // namespace btfx
