#include "transform/core_stack.h"

#include <algorithm>
#include <utility>

namespace btfx {

namespace {

constexpr std::int64_t lowest = -512;
constexpr BpfValue outside{}, mixed{.knowledge = Knowledge::mixed};

/// Whether a part of it is what the whole is.
bool has_parts(BpfValue value) {
  return value == outside || (value.is_constant() && value.number == 0);
}

/// The bytes of a number, beginning with the one at `from` of `of` bytes.
std::uint64_t part_of(std::uint64_t number, std::uint32_t from, std::uint32_t size, std::uint32_t of, ByteOrder order) {
  const std::uint32_t skipped = order == ByteOrder::little ? from : of - from - size;
  number >>= 8 * skipped;
  return size >= 8 ? number : number & ((std::uint64_t{1} << (8 * size)) - 1);
}

/// What is left of a value that is stored in fewer bytes than it has, or where the verifier does not keep it.
BpfValue as_stored(BpfValue value, std::int64_t place, std::uint32_t size) {
  if (value.is_constant() && size < 8) value.number &= (std::uint64_t{1} << (8 * size)) - 1;
  const bool is_kept = place % 8 == 0 || (value.is_constant() && value.number == 0);
  if (size == 8 || (is_kept && value.is_constant())) return value;
  if (value.is_constant()) return outside;
  return value.is_on_stack() ? mixed : value;
}

}  // namespace

/// What lies in a range, if that is one thing.
BpfValue BpfStack::value_of(std::int64_t begin, std::int64_t end) const {
  auto slot = std::ranges::upper_bound(slots_, begin, {}, &Slot::end);
  if (slot == slots_.end() || slot->begin >= end) return rest_;
  if (slot->begin == begin && slot->end == end) return slot->value;
  const BpfValue common = slot->begin <= begin ? slot->value : rest_;
  if (!has_parts(common)) return mixed;
  std::int64_t at = begin;
  for (; slot != slots_.end() && slot->begin < end; ++slot) {
    if (slot->value != common || (slot->begin > at && rest_ != common)) return mixed;
    at = slot->end;
  }
  return at >= end || rest_ == common ? common : mixed;
}

BpfValue BpfStack::load(std::int64_t place, std::uint32_t size, ByteOrder order) const {
  const std::int64_t end = place + size;
  if (place < lowest || end > 0) return outside;
  const auto slot = std::ranges::upper_bound(slots_, place, {}, &Slot::end);
  if (slot != slots_.end() && slot->begin <= place && slot->end >= end && slot->value.is_constant()) {
    const auto from = static_cast<std::uint32_t>(place - slot->begin);
    return {Knowledge::constant,
            part_of(slot->value.number, from, size, static_cast<std::uint32_t>(slot->end - slot->begin), order)};
  }
  const BpfValue value = value_of(place, end);
  return value.is_on_stack() && size != 8 ? mixed : value;
}

void BpfStack::put(std::int64_t begin, std::int64_t end, BpfValue value) {
  begin = std::max(begin, lowest);
  end = std::min<std::int64_t>(end, 0);
  if (begin >= end) return;
  auto first = std::ranges::upper_bound(slots_, begin, {}, &Slot::end);
  auto last = first;
  std::vector<Slot> pieces;
  for (; last != slots_.end() && last->begin < end; ++last) {
    const auto piece = [&](std::int64_t from, std::int64_t to) {
      pieces.push_back({static_cast<std::int16_t>(from), static_cast<std::int16_t>(to),
                        has_parts(last->value) ? last->value : mixed});
    };
    if (last->begin < begin) piece(last->begin, begin);
    if (last->end > end) piece(end, last->end);
  }
  const Slot slot{static_cast<std::int16_t>(begin), static_cast<std::int16_t>(end), value};
  pieces.insert(std::ranges::upper_bound(pieces, slot.begin, {}, &Slot::begin), slot);
  slots_.insert(slots_.erase(first, last), pieces.begin(), pieces.end());
}

void BpfStack::store(std::int64_t place, std::uint32_t size, BpfValue value) {
  if (value.is_on_stack()) share();
  put(place, place + size, as_stored(value, place, size));
}

void BpfStack::mix(std::int64_t place, std::int64_t end) {
  put(place, end, mixed);
}

void BpfStack::mix_all() {
  slots_.clear();
  rest_ = mixed;
}

bool BpfStack::join(const BpfStack& other) {
  if (*this == other) return false;
  const BpfStack before = *this;
  is_shared_ = is_shared_ || other.is_shared_;
  for (const Slot& slot : before.slots_) {
    if (slot.value != mixed && other.value_of(slot.begin, slot.end) != slot.value) mix(slot.begin, slot.end);
  }
  for (const Slot& slot : other.slots_) {
    if (before.value_of(slot.begin, slot.end) != slot.value) mix(slot.begin, slot.end);
  }
  if (rest_ != other.rest_) rest_ = mixed;
  // Neighbours that say the same are one, so that no number of joins makes more of them.
  std::vector<Slot> merged;
  for (const Slot& slot : slots_) {
    if (!merged.empty() && merged.back().end == slot.begin && merged.back().value == mixed && slot.value == mixed) {
      merged.back().end = slot.end;
    } else if (slot.value != rest_) {
      merged.push_back(slot);
    }
  }
  slots_ = std::move(merged);
  return *this != before;
}

}  // namespace btfx
