// Putting a changed module back into the compression it came in.
#pragma once

#include "base/bytes.h"
#include "image/decompress.h"

namespace btfx {

/// Compresses as the kernel's own build does for modules, so that both kmod and the kernel's decoders read the result:
/// xz with a CRC32 check, LZMA2 alone and a dictionary of 1 MiB; the others with their tool's default level; no times
/// or names inside, so that equal input gives equal output. Throws Error(unsupported) when this build of libarchive
/// lacks the format.
Bytes compress(ByteView plain, Compression format);

}  // namespace btfx
