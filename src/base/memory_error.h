// Running out of memory, as an error of one input among many.
#pragma once

#include <new>

#include "base/error.h"

namespace btfx {

/// Runs `work` and gives what it gives. Running out of memory is thrown as an Error, too: for whoever goes on with the
/// next input, as every batch does.
template <typename Work>
auto with_memory_as_error(Work&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::io, "needs more memory than there is");
  }
}

}  // namespace btfx
