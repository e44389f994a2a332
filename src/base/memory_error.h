// Running out of memory, as an error of one input among many.
#pragma once

#include <new>

#include "base/error.h"

namespace btfx {

/// Runs `work` and returns its result. std::bad_alloc becomes an Error, so that a batch reports it for one input and
/// goes on with the next.
template <typename Work>
auto with_memory_as_error(Work&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::io, "needs more memory than there is");
  }
}

}  // namespace btfx
