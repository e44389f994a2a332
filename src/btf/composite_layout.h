// Where the members of a composite lie, and what lies between them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "btf/btf.h"
#include "btf/measure.h"

namespace btfx {

/// The place of one member, and the hole after it.
struct MemberLayout {
  std::uint32_t offset = 0;         ///< bytes; of a bitfield that of the unit of its type in which it begins
  std::uint32_t size = 0;           ///< bytes; of a bitfield that of the unit; 0 when unknown
  std::uint32_t bit_offset = 0;     ///< of a bitfield, counted from `offset`
  std::uint32_t bitfield_size = 0;  ///< bits; 0: an ordinary member
  std::uint32_t hole = 0;           ///< unused bytes between this member and the next in memory
  std::uint32_t bit_hole = 0;       ///< bits likewise, that are left of a bitfield's unit
  std::uint32_t padding = 0;        ///< bytes at the end of the struct that the member is, itself and by no typedef
  std::uint32_t alignment = 0;      ///< bytes, where an attribute must have asked for more than the type does; else 0
};

/// What a composite is made of. The figures are those that pahole gives; only structs have holes and padding.
///
/// Bits of members + holes + padding = bits of the struct + overlap + outside.
struct CompositeLayout {
  std::vector<MemberLayout> members;
  bool in_order = true;                              ///< no member begins before the one before it
  std::uint32_t first_hole = 0, first_bit_hole = 0;  ///< before the first member
  std::uint32_t holes = 0, bit_holes = 0;            ///< how many
  std::uint64_t sum_holes = 0, sum_bit_holes = 0;    ///< bytes, bits in all
  std::uint64_t sum_members = 0;                     ///< bytes of ordinary members
  std::uint64_t sum_bitfields = 0;                   ///< bits of bitfields
  std::uint32_t padding = 0;                         ///< bytes after the last member
  std::uint32_t bit_padding = 0;                     ///< bits left of the last bitfield's unit
  std::uint64_t overlap = 0;                         ///< bits of members that lie where others do
  std::uint64_t outside = 0;                         ///< bits of members behind the end of the struct
  std::uint32_t paddings = 0;                        ///< how many members are structs with padding
  std::uint64_t sum_paddings = 0;                    ///< bytes of these in all
  std::uint32_t forced_alignments = 0;               ///< how many members must have an attribute
  std::uint32_t forced_holes = 0;                    ///< how many of these have a hole before them
  std::uint64_t sum_forced_holes = 0;                ///< bytes of these in all
};

/// Measures the composites of a BTF, and remembers what one needs to know of others. Many threads may use it.
class CompositeLayouts {
 public:
  /// `cacheline`: bytes. An attribute for alignment is taken to mean that many where it could. `btf` outlives it.
  explicit CompositeLayouts(const Btf& btf, std::uint32_t cacheline = 64);

  /// Measures a STRUCT or UNION.
  [[nodiscard]] CompositeLayout of(TypeId composite) const;

 private:
  [[nodiscard]] CompositeLayout places(TypeId composite) const;
  void attributes(TypeId composite, CompositeLayout& layout) const;
  [[nodiscard]] std::uint32_t padding_of(TypeId id) const;
  [[nodiscard]] std::uint64_t natural_alignment(TypeId id) const;

  const Btf& btf_;
  std::uint32_t cacheline_;
  mutable std::mutex mutex_;  // of alignments_
  mutable Alignments alignments_;
  mutable std::vector<std::atomic<std::uint32_t>> paddings_;  // of structs, by id, plus 1; 0: not known yet
};

}  // namespace btfx
