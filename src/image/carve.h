// Finding BTF in images that have no section headers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace btfx {

/// The first two bytes of every BTF, as a number in the BTF's own byte order.
inline constexpr std::uint16_t btf_magic = 0xeb9f;
/// The lengths that a BTF header has: without and with the fields of a layout section.
inline constexpr std::uint32_t btf_header_length = 24;
inline constexpr std::uint32_t btf_layout_header_length = 32;

/// Whether the bytes begin with the BTF magic in either order.
bool begins_like_btf(ByteView bytes);

/// Whether a raw BTF, which begins_like_btf(), has strings as a root has them: they begin with NUL, which those of
/// split BTF do not.
bool may_be_root(ByteView raw);

/// What may be a BTF inside something larger.
struct Carved {
  std::uint64_t offset = 0;
  Bytes blob;
};
/// The next place in a flat image, from `from` on in steps of four bytes, that looks like the header of a root BTF in
/// either order, with the slice that the header spans. Empty when there is none. Only who parses the slice knows
/// whether it is one.
std::optional<Carved> carve_btf(const Bytes& flat, std::uint64_t from);

}  // namespace btfx
