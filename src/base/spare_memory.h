// Memory that was freed and is still the process's.
#pragma once

#include <malloc.h>

namespace btfx {

/// Gives back what the allocator keeps for later, after work that needed much and before work that needs other memory.
inline void give_back_spare_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace btfx
