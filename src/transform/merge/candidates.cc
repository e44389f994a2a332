#include "transform/merge/candidates.h"

#include <algorithm>
#include <bit>

namespace btfx {

void CandidateTable::reset(const CandidateTable* below, std::uint32_t first_id, std::uint32_t end_id,
                           std::uint32_t expected) {
  if (below != nullptr && expected > below->nodes_.size()) {
    // Searches then look into one table instead of two, which is worth a copy.
    *this = *below;
    at_second_end_.resize(end_id - first_, false);
    resize_slots(std::bit_ceil(std::max<std::size_t>(slots_.size(), used_ + std::size_t{expected})));
    return;
  }
  below_ = below;
  first_ = first_id;
  slots_.assign(std::bit_ceil(std::max<std::size_t>(expected, 16)), Slot{});
  mask_ = slots_.size() - 1;
  used_ = 0;
  nodes_.clear();
  nodes_.push_back({});
  at_second_end_.assign(end_id - first_id, false);
  reversed_ = below != nullptr && below->reversed_;
  entries_ = below != nullptr ? below->entries_ : 0;
  capacity_ = below != nullptr ? below->capacity_ : 0;
}

void CandidateTable::insert(std::uint32_t hash, std::uint32_t id) {
  if (capacity_ == 0 || (entries_ + 1) * 4 / 3 > capacity_) {  // libbpf's rule for growing
    capacity_ = std::max<std::uint64_t>(capacity_ * 2, 4);
    reversed_ = !reversed_;
  }
  ++entries_;
  at_second_end_[id - first_] = reversed_;
  const auto place = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({id & 0x7fffffff, reversed_, {0, 0}});
  std::uint32_t& front = slot_for(hash, place).ends[reversed_];
  if (front == place) return;
  nodes_[place].side[reversed_] = front;
  nodes_[front].side[!reversed_] = place;
  front = place;
}

bool CandidateTable::before(std::uint32_t a, std::uint32_t b) const {
  // From the first end on: what was put there, latest first, then what was put to the second end, latest last.
  const auto place = [&](std::uint32_t id) { return end_of(id) ? std::int64_t{id} : -std::int64_t{id}; };
  return reversed_ ? place(a) > place(b) : place(a) < place(b);
}

/// The slot of a hash; a new one has the node at `place` at both ends.
CandidateTable::Slot& CandidateTable::slot_for(std::uint32_t hash, std::uint32_t place) {
  std::size_t at = slot_of(hash);
  if (slots_[at].ends[0] == 0) {
    if ((++used_) * 4 > slots_.size() * 3) {
      resize_slots(slots_.size() * 2);
      at = slot_of(hash);
    }
    slots_[at] = {hash, {place, place}};
  }
  return slots_[at];
}

/// Gives it so many slots, a power of two and more than are in use.
void CandidateTable::resize_slots(std::size_t size) {
  std::vector<Slot> old(size);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.ends[0] != 0) slots_[slot_of(slot.hash)] = slot;
  }
}

}  // namespace btfx
