// Makes sure, when a module is built, that the distilled result can be loaded.
#pragma once

#include "base/error.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// Reads both results of distilling again, and makes sure that they would be relocated onto their own base, every
/// distilled type to the type it was made from. Where not, the base is ambiguous: errors with code `self-relocation`,
/// which say what would happen. `base` is what was distilled from. Throws Error when the results cannot be read, which
/// would be a mistake in btfx.
Diagnostics check_distilled(const Distilled& distilled, const RelocationTarget& base);

}  // namespace btfx
