#include "btf/composite_layout.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "btf/measure.h"

namespace btfx {

namespace {

/// Walks along the bits of a struct, from member to member in memory, and notes what is left out.
class HoleFinder {
 public:
  explicit HoleFinder(std::uint32_t size) : size_{std::int64_t{8} * size} {}

  struct Hole {
    std::int64_t bytes = 0, bits = 0;
  };

  /// The hole before a member that begins at bit `start`: what bitfields before left of their unit, whole bytes up to
  /// the unit of the next, and what that leaves of its own before it.
  [[nodiscard]] Hole before(const MemberLayout& member, std::int64_t start) const {
    const std::int64_t unit_start = member.bitfield_size == 0 ? start : std::int64_t{8} * member.offset;
    return between(start, unit_start);
  }
  /// What follows the last member.
  [[nodiscard]] Hole padding() const { return between(size_, size_); }

  /// Goes on to the end of a member. Returns how many bits of it lie where others do.
  std::int64_t pass(const MemberLayout& member, std::int64_t start) {
    const std::int64_t bits = std::int64_t{8} * member.size;
    const std::int64_t end = start + (member.bitfield_size == 0 ? bits : member.bitfield_size);
    const std::int64_t overlap = std::max<std::int64_t>(std::min(end, end_) - start, 0);
    if (end < end_) return overlap;
    end_ = end;
    if (member.bitfield_size == 0) {
      unit_bits_ = 0;
      unit_end_ = end_;
    } else if (end_ > unit_end_ || bits > unit_bits_) {  // a new unit, or the same seen as a larger type
      unit_bits_ = bits;
      unit_end_ = std::max(std::int64_t{8} * member.offset + bits, byte_end());  // packed ones straddle theirs
    }
    return overlap;
  }
  [[nodiscard]] std::int64_t outside() const { return std::max<std::int64_t>(end_ - size_, 0); }

 private:
  [[nodiscard]] std::int64_t byte_end() const { return (end_ + 7) / 8 * 8; }
  [[nodiscard]] Hole between(std::int64_t start, std::int64_t unit_start) const {
    if (start <= end_) return {};
    const std::int64_t rest_end = unit_bits_ == 0 ? end_ : std::min(start, unit_end_);
    Hole hole;
    hole.bytes = std::max<std::int64_t>(unit_start - rest_end, 0) / 8;
    hole.bits = start - end_ - 8 * hole.bytes;
    return hole;
  }

  std::int64_t size_;
  std::int64_t end_ = 0;        // of the members so far
  std::int64_t unit_end_ = 0;   // of the unit that the last bitfield is in
  std::int64_t unit_bits_ = 0;  // its size; 0: the last member was no bitfield
};

std::uint32_t clamp(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

/// The indices of the members in the order in which they lie in memory, if that is not their own.
std::vector<std::uint32_t> memory_order(TypeView composite) {
  std::vector<std::uint32_t> order(composite.vlen());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return composite.member(i).bit_offset; });
  return order;
}

bool is_ordered(TypeView composite) {
  std::uint32_t last = 0;
  for (std::uint32_t i = 0, n = composite.vlen(); i < n; ++i) {
    const std::uint32_t start = composite.member(i).bit_offset;
    if (start < last) return false;
    last = start;
  }
  return true;
}

}  // namespace

CompositeLayouts::CompositeLayouts(const Btf& btf, std::uint32_t cacheline)
    : btf_(btf), cacheline_(cacheline), alignments_(btf), paddings_(raw(btf.end_id())) {}

std::uint32_t CompositeLayouts::padding_of(TypeId id) const {
  if (btf_.type(id).kind() != Kind::struct_) return 0;
  std::atomic<std::uint32_t>& known = paddings_[raw(id)];
  if (const std::uint32_t plus_one = known.load(std::memory_order_relaxed); plus_one != 0) return plus_one - 1;
  const std::uint32_t padding = places(id).padding;
  known.store(padding + 1, std::memory_order_relaxed);  // the largest number is not remembered
  return padding;
}

std::uint64_t CompositeLayouts::natural_alignment(TypeId id) const {
  const std::lock_guard lock(mutex_);
  return std::max(alignments_.of(id), 1U);
}

CompositeLayout CompositeLayouts::of(TypeId composite) const {
  CompositeLayout layout = places(composite);
  if (btf_.type(composite).kind() == Kind::struct_) attributes(composite, layout);
  return layout;
}

CompositeLayout CompositeLayouts::places(TypeId composite) const {
  const TypeView type = btf_.type(composite);
  CompositeLayout layout;
  layout.members.reserve(type.vlen());
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    const Member member = type.member(i);
    MemberLayout place;
    place.size = size_of(btf_, member.type).value_or(0);
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
    layout.members.push_back(place);
  }
  if (type.kind() != Kind::struct_) return layout;

  layout.in_order = is_ordered(type);
  const std::vector<std::uint32_t> order = layout.in_order ? std::vector<std::uint32_t>() : memory_order(type);
  HoleFinder finder(type.size());
  MemberLayout* last = nullptr;
  for (std::uint32_t k = 0, n = type.vlen(); k < n; ++k) {
    const std::uint32_t i = layout.in_order ? k : order[k];
    MemberLayout& place = layout.members[i];
    const std::int64_t start = type.member(i).bit_offset;
    const HoleFinder::Hole hole = finder.before(place, start);
    std::uint32_t& bytes = last == nullptr ? layout.first_hole : last->hole;
    std::uint32_t& bits = last == nullptr ? layout.first_bit_hole : last->bit_hole;
    bytes = clamp(hole.bytes);
    bits = clamp(hole.bits);
    if (bytes != 0) ++layout.holes;
    if (bits != 0) ++layout.bit_holes;
    layout.sum_holes += bytes;
    layout.sum_bit_holes += bits;
    layout.overlap += static_cast<std::uint64_t>(finder.pass(place, start));
    last = &place;
  }
  const HoleFinder::Hole rest = finder.padding();
  layout.padding = clamp(rest.bytes);
  layout.bit_padding = clamp(rest.bits);
  layout.outside = static_cast<std::uint64_t>(finder.outside());
  return layout;
}

/// Finds out what BTF does not say: where an attribute has aligned a member more than its type needs, which shows in a
/// hole that is too long.
void CompositeLayouts::attributes(TypeId composite, CompositeLayout& layout) const {
  const TypeView type = btf_.type(composite);
  std::uint64_t end = 0;  // of the members before that are not empty, in bytes
  std::uint32_t hole = 0;
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    MemberLayout& place = layout.members[i];
    const Member member = type.member(i);
    place.padding = padding_of(member.type);
    if (place.padding != 0) ++layout.paddings;
    layout.sum_paddings += place.padding;
    if (layout.in_order && place.bitfield_size == 0 && place.size != 0) {
      const std::uint64_t skipped = place.offset > end ? place.offset - end : 0;
      std::uint64_t alignment = skipped == 0 ? 0 : std::bit_floor(skipped) * 2;  // the least that explains it
      if (alignment != 0 && (place.offset % alignment != 0 || alignment <= natural_alignment(member.type)))
        alignment = 0;
      if (alignment != 0 && alignment < cacheline_ && cacheline_ % alignment == 0 && place.offset % cacheline_ == 0) {
        alignment = cacheline_;
      }
      place.alignment = clamp(static_cast<std::int64_t>(alignment));
    }
    if (place.alignment != 0) {
      ++layout.forced_alignments;
      if (hole != 0) ++layout.forced_holes;
      layout.sum_forced_holes += hole;
    }
    if (place.size != 0) {
      end = std::max(end, (std::uint64_t{member.bit_offset} +
                           (place.bitfield_size != 0 ? place.bitfield_size : std::uint64_t{8} * place.size) + 7) /
                              8);
    }
    hole = place.hole;
  }
}

}  // namespace btfx
