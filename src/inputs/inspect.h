// Looks at one source for `btfx list`.
#pragma once

#include <vector>

#include "image/image.h"
#include "results/listing.h"

namespace btfx {

/// Looks at an image; its base is not needed. One listing for each BTF in its section, at least one. Throws Error when
/// its BTF is malformed.
std::vector<Listing> inspect(const Image& image);

}  // namespace btfx
