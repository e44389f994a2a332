// Why a kernel refuses a distilled module before it maps any type, or never gets there.
#pragma once

#include <optional>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/kernel_rules/kernel.h"
#include "image/image.h"
#include "transform/relocate/relocate.h"

namespace btfx {

struct LoadRefusal {
  KernelFailure failure;  ///< in the kernel's words; none, and error 0, where it takes the BTF and misreads it
  Diagnostic finding;     ///< the same, as a sentence
};

/// Which sections of a distilled module are looked at before its types are mapped.
enum class LookAt {
  both,  ///< as the kernel does
  base,  ///< `.BTF.base`, which decides what the types are mapped to, and the byte order: enough for looking at types
};

/// What the kernel does before it maps types: it looks at `.BTF.base` by itself, then at `.BTF` on it, then for what
/// has no place in a distilled base; the first thing wrong is the answer. A kernel that does not read `.BTF.base` takes
/// `.BTF` for split BTF on `vmlinux`. `split`, on its distilled base, is what the sections of `image` hold, or what
/// would be in them, where the image has no `.BTF.base`.
std::optional<LoadRefusal> refuse_before_mapping(const Image& image, const Btf& split, const KernelProfile& kernel,
                                                 const Btf& vmlinux, LookAt sections = LookAt::both);

}  // namespace btfx
