// Kernels inside boot images that do not say where they keep them: ARM's zImage, s390.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "image/decompress.h"

namespace btfx {

/// A kernel that was found packed inside something larger.
struct EmbeddedKernel {
  Compression format = Compression::gzip;
  Bytes content;  ///< unpacked
};

/// Looks for a compressed stream that unpacks to a kernel, which its "Linux version" banner shows. Nothing when there
/// is none. Every place with the magic of a format is
/// tried, up to some thousands of them, and until they have together unpacked to 64 times the image's size.
std::optional<EmbeddedKernel> find_embedded_kernel(ByteView image, std::uint64_t limit);

/// The "Linux version" banner that every kernel has, up to the end of its line; empty when it is not there.
std::string_view kernel_banner(ByteView kernel);
/// The release in it; empty when there is no banner.
std::string_view banner_release(ByteView kernel);

}  // namespace btfx
