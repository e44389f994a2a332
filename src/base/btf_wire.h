// What tells BTF from other bytes: shared by the search for it in images and by the model of it.
// Source: struct btf_header of the kernel's include/uapi/linux/btf.h.
#pragma once

#include <cstdint>

namespace btfx {

/// The first two bytes of every BTF, as a number in the BTF's own byte order.
inline constexpr std::uint16_t btf_magic = 0xeb9f;
/// The lengths that a BTF header has: without and with the fields of a layout section.
inline constexpr std::uint32_t btf_header_length = 24;
inline constexpr std::uint32_t btf_layout_header_length = 32;

}  // namespace btfx
