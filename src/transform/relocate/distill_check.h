// Makes sure, when a module is built, that the distilled result can be loaded.
#pragma once

#include <span>

#include "base/error.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// Whether nothing in the base that was distilled shares the name of one of `origins`, the types that distilled types
/// were made from, so that each can only be mapped to where it came from; and there is no name without letters in the
/// base, at which the kernel may give up.
bool maps_back_plainly(std::span<const TypeId> origins, const RelocationTarget& base);

/// Reads both results of distilling again, and makes sure that they would be relocated onto their own base, every
/// distilled type to the type it was made from. Where not, the base is ambiguous: errors with code `self-relocation`,
/// which say what would happen. `base` is what was distilled from. Throws Error when the results cannot be read, which
/// would be a mistake in btfx.
Diagnostics check_distilled(const Distilled& distilled, const RelocationTarget& base);

}  // namespace btfx
