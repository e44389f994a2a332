// For the validator only: what the kernel takes for a name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "btf/raw_btf.h"

namespace btfx {

/// Whether a name offset is one the kernel accepts: inside the strings, and of 24 bits.
inline bool is_name_offset(const RawBtf& subject, std::uint32_t offset) {
  constexpr std::uint32_t largest_name_offset = 0xffffff;
  return offset <= largest_name_offset && subject.has_string(offset);
}

// For offsets that pass the above; `limit` is the number of bytes a name may have.

/// Not the empty string.
bool is_text(const RawBtf& subject, std::uint32_t offset);
/// A letter, `_` or `.`, then also digits. Letters are those of Latin-1, as in the kernel's ctype table.
bool is_identifier(const RawBtf& subject, std::uint32_t offset, std::size_t limit);
/// Whether a byte may begin an identifier; of a string that is not odd (btf/odd_strings.h) the rest may go on with it.
bool may_begin_identifier(char c);
/// Printable bytes.
bool is_section_name(const RawBtf& subject, std::uint32_t offset, std::size_t limit);

}  // namespace btfx
