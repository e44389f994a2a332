// Functions that BPF programs may call with parameters that the verifier fills in (KF_IMPLICIT_ARGS): programs see a
// prototype without these parameters, and the whole function under another name, FUNCTION_impl.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "btf/btf.h"
#include "btf/ids.h"

namespace btfx {

/// The functions with the declaration tag `bpf_kfunc` whose flags in `ids` say KF_IMPLICIT_ARGS, in the order of their
/// tags. `ids` is as compiled: flags stand beside the symbols of their functions.
std::vector<TypeId> implicit_kfuncs(const Btf& btf, const BtfIds& ids);

/// The own part of `btf` with these functions split: NAME_impl is added with the whole prototype and the function's
/// tags, and NAME gets a prototype that ends before the first implicit parameter, a pointer to struct bpf_prog_aux or
/// btf_struct_meta. Where a NAME_impl is there already, only the latter. Ids and strings that were there stay what they
/// are; byte order and header length, too. A function of the base gets its NAME_impl, but keeps its prototype: rules
/// and order are those of the kernel's build of 2026. Throws Error(malformed) when a name becomes too long for kernels.
Bytes split_implicit_args(const Btf& btf, const std::vector<TypeId>& kfuncs);

}  // namespace btfx
