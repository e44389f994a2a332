#include "transform/merge/candidates.h"

#include <algorithm>
#include <bit>

namespace btfx {

void CandidateTable::reset(const CandidateTable* below, std::uint32_t first_id, std::uint32_t end_id) {
  below_ = below;
  first_ = first_id;
  slots_.assign(std::bit_ceil(std::max<std::size_t>(end_id - first_id, 16)), Slot{});
  mask_ = slots_.size() - 1;
  used_ = 0;
  links_.assign(end_id - first_id, Links{});
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
  links_[id - first_].at_second_end = reversed_;
  std::uint32_t& front = slot_for(hash, id).ends[reversed_];
  if (front == id) return;
  links_[id - first_].side[reversed_] = front;
  links_[front - first_].side[!reversed_] = id;
  front = id;
}

bool CandidateTable::before(std::uint32_t a, std::uint32_t b) const {
  // From the first end on: what was put there, latest first, then what was put to the second end, latest last.
  const auto place = [&](std::uint32_t id) { return end_of(id) ? std::int64_t{id} : -std::int64_t{id}; };
  return reversed_ ? place(a) > place(b) : place(a) < place(b);
}

/// The slot of a hash; a new one has `id` at both ends.
CandidateTable::Slot& CandidateTable::slot_for(std::uint32_t hash, std::uint32_t id) {
  std::size_t at = slot_of(hash);
  if (slots_[at].ends[0] == 0) {
    if ((++used_) * 4 > slots_.size() * 3) {
      grow();
      at = slot_of(hash);
    }
    slots_[at] = {hash, {id, id}};
  }
  return slots_[at];
}

void CandidateTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.ends[0] != 0) slots_[slot_of(slot.hash)] = slot;
  }
}

}  // namespace btfx
