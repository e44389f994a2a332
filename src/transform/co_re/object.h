// The relocations of a BPF object, without a kernel.
#pragma once

#include "btf/bpf_object.h"
#include "results/co_re.h"

namespace btfx {

/// Reads the relocations of an object, and what can be said about each without a kernel. Relocations that make no sense
/// are reported in the result. Throws Error(malformed) for records that lie between instructions.
CoreObject read_core_object(BpfObject bpf);

}  // namespace btfx
