// Where the members of a composite lie, and what lies between them.
#pragma once

#include <cstdint>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// The place of one member, and the hole after it.
struct MemberLayout {
  std::uint32_t offset = 0;         ///< bytes; of a bitfield that of the unit of its type in which it begins
  std::uint32_t size = 0;           ///< bytes; of a bitfield that of the unit; 0 when unknown
  std::uint32_t bit_offset = 0;     ///< of a bitfield, counted from `offset`
  std::uint32_t bitfield_size = 0;  ///< bits; 0: an ordinary member
  std::uint32_t hole = 0;           ///< unused bytes between this member and the next
  std::uint32_t bit_hole = 0;       ///< bits likewise, that are left of a bitfield's unit
};

/// What a composite is made of. The figures are those that pahole gives; only structs have holes and padding.
struct CompositeLayout {
  std::vector<MemberLayout> members;
  std::uint32_t first_hole = 0, first_bit_hole = 0;  ///< before the first member
  std::uint32_t holes = 0, bit_holes = 0;            ///< how many
  std::uint64_t sum_holes = 0, sum_bit_holes = 0;    ///< bytes, bits in all
  std::uint64_t sum_members = 0;                     ///< bytes of ordinary members
  std::uint64_t sum_bitfields = 0;                   ///< bits of bitfields
  std::uint32_t padding = 0;                         ///< bytes after the last member
  std::uint32_t bit_padding = 0;                     ///< bits left of the last bitfield's unit
};

/// Measures a STRUCT or UNION.
CompositeLayout layout_of(const Btf& btf, TypeId composite);

}  // namespace btfx
