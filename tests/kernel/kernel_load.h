// Asking the running kernel.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace btfx::test {

/// What bpf(BPF_BTF_LOAD) said.
struct KernelAnswer {
  int error = 0;    ///< errno, or 0
  std::string log;  ///< of level 1, without the final NUL
};

/// Loads a blob and lets go of it again. `log_room`: bytes of log buffer, which must suffice.
KernelAnswer load_into_kernel(ByteView blob, std::size_t log_room);

/// Whether this process may load BTF; if not, why.
std::optional<std::string> kernel_refusal();

}  // namespace btfx::test
