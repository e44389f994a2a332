// Which poisoned instructions do no harm.
#pragma once

#include "btf/core.h"

namespace btfx {

/// Sets the guard of every poisoned result. `answer` has one result for each relocation of the object.
void find_guards(const CoreObject& object, CoreAnswer& answer);

}  // namespace btfx
