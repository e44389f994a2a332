// What the flags of functions that BPF programs may call mean: the second words of the pairs in `.BTF_ids`.
// Source: the kernel's include/linux/btf.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace btfx {

/// The function has parameters that the verifier fills in, and that BPF programs do not see.
inline constexpr std::uint32_t kf_implicit_args = 1U << 16;

/// The names of the bits that are set, lowest first: `KF_ACQUIRE`; `0x80000` for a bit without a name.
std::vector<std::string> kfunc_flag_names(std::uint32_t flags);

}  // namespace btfx
