// The values that CO-RE relocations put into instructions.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "btf/btf.h"
#include "results/co_re.h"
#include "transform/co_re/access.h"

namespace btfx {

/// What a kind gives for an access, in the local BTF or a kernel's.
struct CoreValue {
  std::uint64_t value = 0;
  bool checked = true;              ///< whether the reference insists that the instruction held the local value before
  std::uint32_t size = 0;           ///< of a byte_offset: bytes that lie there, 0 for a bitfield
  TypeId type = void_id;            ///< of a byte_offset: what lies there, void for a bitfield
  std::uint32_t bitfield_size = 0;  ///< bits
  bool is_signed = false;           ///< an enumerator's value that may be negative
};

/// `order` is that of the object that is being relocated, whichever BTF the access is in. `local` tells which one it
/// is.
std::variant<CoreValue, CoreFailure> core_value(const Btf& btf, CoreKind kind, const CoreAccess& access,
                                                ByteOrder order);

/// Whether a load or store for the one cannot be made one for the other, because their sizes differ and they are not
/// both pointers or both unsigned integers. Values of byte_offset only.
bool sizes_clash(const Btf& local_btf, const CoreValue& local, const Btf& target_btf, const CoreValue& target);

}  // namespace btfx
