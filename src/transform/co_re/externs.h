// What loaders fill in for BPF objects: settings of the kernel's configuration, and its functions and variables. The
// rules are libbpf's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/bpf_object.h"
#include "results/co_re.h"
#include "transform/bpf/reach.h"
#include "transform/co_re/resolve.h"

namespace btfx {

/// What an object's externs are, and what is wrong with them whatever the kernel.
std::vector<CoreExtern> read_core_externs(const BpfObject& bpf);

/// What becomes of each on a kernel.
std::vector<CoreExternResult> resolve_core_externs(const CoreObject& object, const CoreKernel& kernel);

/// The same for who follows constants through the programs.
std::vector<BpfExternValue> extern_values(const CoreObject& object, const std::vector<CoreExternResult>& results);
/// The same when no kernel is known.
std::vector<BpfExternValue> unknown_extern_values(const CoreObject& object);

}  // namespace btfx
