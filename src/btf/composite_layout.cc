#include "btf/composite_layout.h"

#include <algorithm>

#include "btf/measure.h"

namespace btfx {

namespace {

/// Walks along the bits of a struct and notes what is left out. Members may overlap in spoiled BTF; a negative hole is
/// none.
class HoleFinder {
 public:
  explicit HoleFinder(std::uint32_t size) : size_{std::int64_t{8} * size}, unit_end_(size_) {}

  struct Hole {
    std::int64_t bytes = 0, bits = 0;
  };

  /// The hole before a member that begins at bit `start`.
  Hole before(const MemberLayout& member, std::int64_t start) {
    Hole hole;
    if (unit_bits_ != 0) {  // what the bitfields before left of their unit
      const std::int64_t rest_end = std::min(start, unit_end_);
      hole.bits = rest_end - end_;
      end_ = rest_end;
    }
    if (member.bitfield_size == 0) {
      hole.bytes = start / 8 - end_ / 8;
      return hole;
    }
    const std::int64_t unit_start = std::int64_t{8} * member.offset;
    if (end_ < unit_start && unit_start <= start) {
      hole.bytes = unit_start / 8 - end_ / 8;
      end_ = unit_start;
    }
    hole.bits += start - end_;
    return hole;
  }

  void pass(const MemberLayout& member, std::int64_t start) {
    if (member.bitfield_size == 0) {
      end_ = start + std::int64_t{8} * member.size;
      unit_bits_ = 0;
      unit_end_ = end_;
      return;
    }
    end_ = start + member.bitfield_size;
    const std::int64_t bits = std::int64_t{8} * member.size;
    if (end_ > unit_end_ || bits > unit_bits_) {  // a new unit, or the same seen as a larger type
      unit_bits_ = bits;
      unit_end_ = std::int64_t{8} * member.offset + bits;
    }
  }

  /// What follows the last member.
  Hole padding() {
    Hole hole;
    if (unit_bits_ != 0) {
      const std::int64_t rest_end = std::min(size_, unit_end_);
      hole.bits = rest_end - end_;
      end_ = rest_end;
    }
    hole.bytes = size_ / 8 - end_ / 8;
    return hole;
  }

 private:
  std::int64_t size_;
  std::int64_t end_ = 0;        // of the last member
  std::int64_t unit_end_;       // of the unit that the last bitfield is in
  std::int64_t unit_bits_ = 0;  // its size; 0: the last member was no bitfield
};

std::uint32_t clamp(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

}  // namespace

CompositeLayout layout_of(const Btf& btf, TypeId composite) {
  const TypeView type = btf.type(composite);
  const bool has_holes = type.kind() == Kind::struct_;
  CompositeLayout layout;
  layout.members.reserve(type.vlen());
  HoleFinder finder(type.size());
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    const Member member = type.member(i);
    MemberLayout place;
    place.size = size_of(btf, member.type).value_or(0);
    place.bitfield_size = member.bitfield_size;
    place.offset = member.bit_offset / 8;
    if (member.bitfield_size == 0) {
      layout.sum_members += place.size;
    } else {
      const std::uint64_t unit = std::uint64_t{8} * std::max(place.size, 1U);
      place.offset = static_cast<std::uint32_t>(member.bit_offset / unit * unit / 8);
      place.bit_offset = member.bit_offset - 8 * place.offset;
      layout.sum_bitfields += member.bitfield_size;
    }
    if (has_holes) {
      const HoleFinder::Hole hole = finder.before(place, member.bit_offset);
      std::uint32_t& bytes = i == 0 ? layout.first_hole : layout.members.back().hole;
      std::uint32_t& bits = i == 0 ? layout.first_bit_hole : layout.members.back().bit_hole;
      bytes = clamp(hole.bytes);
      bits = clamp(hole.bits);
      if (bytes != 0) ++layout.holes;
      if (bits != 0) ++layout.bit_holes;
      layout.sum_holes += bytes;
      layout.sum_bit_holes += bits;
      finder.pass(place, member.bit_offset);
    }
    layout.members.push_back(place);
  }
  if (has_holes) {
    const HoleFinder::Hole rest = finder.padding();
    layout.padding = clamp(rest.bytes);
    layout.bit_padding = clamp(rest.bits);
  }
  return layout;
}

}  // namespace btfx
