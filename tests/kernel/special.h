// BTFs with fields that the kernel gives a meaning of their own: locks, lists, trees, counts, tagged pointers.
#pragma once

#include "base/bytes.h"
#include "kernel/mutations.h"

namespace btfx::test {

/// Structs that hold such fields, themselves, in arrays and in each other; many of them as the kernel wants them.
Bytes special_btf(Dice& dice);

}  // namespace btfx::test
