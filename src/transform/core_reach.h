// Which instructions of a BPF program can be reached, as far as constants decide it.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "btf/bpf_object.h"

namespace btfx {

/// Values in place of the immediates of a program, by instruction.
using Constants = std::unordered_map<std::uint32_t, std::uint64_t>;

/// For each instruction whether it can be reached from the first one. Registers that hold constants are followed
/// through moves, arithmetic and branches; all else is taken to be unknown, so that what is not reachable surely is
/// not, as the verifier will find, too. Programs longer than the kernel takes are reachable everywhere.
std::vector<bool> reachable_insns(const BpfProgram& program, ByteOrder order, const Constants& constants);

}  // namespace btfx
