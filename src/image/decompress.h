// Compressed files and kernel payloads, by their magic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace btfx {

enum class Compression { gzip, xz, zstd, lz4, bzip2, lzma };

/// "gzip", "xz", ...: as in Image::wrappings.
std::string_view to_string(Compression format);
/// The format of that name; nothing when it is none.
std::optional<Compression> compression_named(std::string_view name);

/// Tells by the first bytes; lz4 is its frame format or the legacy one that kernels use. Nothing when it is none that
/// can be unpacked. Throws Error(unsupported) for lzo, which is recognised but not read.
std::optional<Compression> recognise_compression(ByteView packed);

/// The same for places where a magic may stand by chance: lzo is none as well.
std::optional<Compression> compression_at(ByteView bytes);

/// The stream without the skippable frames at its start, which zstd and lz4 share and pzstd writes: neither tells the
/// format. Source: RFC 8878, section 3.1.2.
ByteView without_skippable_frames(ByteView packed);

/// Unpacks all of `packed`. Throws Error without a file name: truncated when the data is cut short, malformed when it
/// is damaged, unsupported when it unpacks to more than `limit` bytes.
Bytes decompress(ByteView packed, Compression format, std::uint64_t limit = Bytes::default_limit);

/// The same for the payload of a kernel image that has the unpacked size behind the stream in four bytes, which not
/// every format can tell from damage. (One that has none after all is unpacked twice.)
Bytes decompress_payload(ByteView packed, Compression format, std::uint64_t limit = Bytes::default_limit);

/// The first bytes of what is inside, at most `length`: to see what it is without unpacking it all. Fewer, or none,
/// when it ends or is damaged before.
std::vector<std::byte> decompress_head(ByteView packed, Compression format, std::size_t length);

}  // namespace btfx
