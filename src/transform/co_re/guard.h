// Which poisoned instructions do no harm.
#pragma once

#include "results/co_re.h"

namespace btfx {

/// Sets the guard of every result that is poisoned, or fails in an optional program. `answer` has one result for each
/// relocation of the object; `kernel` is the BTF of the kernel that they are for, which tells how its verifier goes
/// about global functions.
void find_guards(const CoreObject& object, const Btf& kernel, CoreAnswer& answer);

}  // namespace btfx
