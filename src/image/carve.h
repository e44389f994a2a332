// Finding BTF in images that have no section headers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/btf_wire.h"
#include "base/bytes.h"

namespace btfx {

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
/// either order, with the slice that the header spans. Empty when there is none. Only parsing the
/// slice shows whether it is one.
std::optional<Carved> carve_btf(const Bytes& flat, std::uint64_t from);

}  // namespace btfx
