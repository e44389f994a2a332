// Does a type of a kernel have what an object's access needs? The rules are libbpf's.
#pragma once

#include <cstdint>
#include <string>

#include "btf/btf.h"
#include "results/co_re.h"
#include "transform/co_re/access.h"

namespace btfx {

/// The answer for one candidate.
struct CoreMatch {
  enum class State : std::uint8_t {
    match,
    rejected,
    failed,  ///< the reference gives up on the whole object
  };

  State state = State::rejected;
  CoreAccess access = {};    ///< in the candidate's BTF, when it matches
  CoreFailure failure = {};  ///< otherwise why
  std::uint64_t work = 0;    ///< how many types, members and enumerators were looked at
};

/// Matches an access with the candidate `target` of a kernel's BTF, which has the root's essential name and kind.
CoreMatch match_core(const Btf& local_btf, CoreKind kind, const CoreAccess& local, const Btf& target_btf,
                     TypeId target);

}  // namespace btfx
