// The part of a kernel's BTF that the CO-RE relocations of some objects use.
//
// Words: a *shell* is a composite without the members that nobody asked for; its size stays.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "btf/btf.h"
#include "results/co_re.h"
#include "transform/co_re/resolve.h"

namespace btfx {

/// What a relocation looks at, once its target is found.
struct CoreUse {
  enum class Extent {
    field,  ///< the members that `path` leads through, with their types; pointers as such, composites as shells
    type,   ///< the type with what it is made of, through pointers; composites as shells
    match,  ///< the type with all members to any depth; behind pointers composites as shells
    whole,  ///< everything that the type refers to, to any depth
  };

  const Btf* btf = nullptr;  ///< what `root` is an id of: one of the sources
  TypeId root = void_id;
  Extent extent = Extent::type;
  /// From the root on an index for each composite and array, the first one for the root itself; of fields alone.
  std::vector<std::uint32_t> path = {};
};

/// A root with just what the uses need of `sources`: a kernel's BTF, and behind it any modules' split on it. Types keep
/// their order, source by source, and are numbered from 1; members keep their places. Pointers whose targets nobody
/// asked for point to void, and nothing is de-duplicated. The bytes are those that `bpftool gen min_core_btf` of
/// libbpf 1.8 gives for one root; it refuses forward declarations and type tags, which are kept here. Of a 32-bit
/// kernel `long` is kept, because it tells the size of pointers.
/// Throws Error(unsupported) for types that no member can have, and Error(malformed) when a path leaves its type.
Bytes core_minimal(std::span<const BtfPtr> sources, std::span<const CoreUse> uses, ByteOrder order = native_order);

/// What a relocation uses of the kernel on which it came to that result; nothing when there was no match, or none is
/// looked for.
std::optional<CoreUse> core_use(const CoreRelocation& relocation, const CoreResult& result, const CoreKernel& kernel);

/// The smallest BTF that serves `objects` on `kernel`: by the rules of the reference every relocation comes to the same
/// verdict and value on it as on the kernel, modules included. It is one root also with types from modules, because a
/// loader takes no more (libbpf's `btf_custom_path`). Whether that holds is tried; where a type that lost its members
/// would be taken for another one, it gets them back. Ids of types are those in the result. It is in the byte order of
/// the kernel's BTF.
/// Throws Error(refused) when a relocation is ambiguous, because what is left would settle it one way or the other, and
/// Error(unsupported) when no part of the kernel's BTF serves: that of a 32-bit kernel without `long`.
Bytes core_minimal(std::span<const CoreObject> objects, const CoreKernel& kernel);

}  // namespace btfx
