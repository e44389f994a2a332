// The candidates of de-duplication: type ids by the hash of what must be equal, in the order the reference looks at
// them.
#pragma once

#include <cstdint>
#include <vector>

namespace btfx {

/// A multimap from hashes to type ids. Ids of different hashes may share a list, so code that walks a list
/// compares the types themselves.
///
/// The order of a list can be seen in the result, and is libbpf's: a new id goes to the front, and whenever libbpf's
/// table would grow, all lists are reversed. Reversing is a matter of reading the lists from the other end: `reversed_`
/// tells at which end the front is.
///
/// A table may continue another one, which does not change: its lists are those of the other one with its own ids at
/// both ends.
class CandidateTable {
 public:
  CandidateTable() { reset(nullptr, 1, 1); }
  /// Room for ids below `end_id`.
  explicit CandidateTable(std::uint32_t end_id) { reset(nullptr, 1, end_id); }
  /// Resets it for ids in [first_id, end_id), but keeps the memory. `below`, if any, holds ids below `first_id`,
  /// continues none itself, and outlives what is done with this table.
  void reset(const CandidateTable* below, std::uint32_t first_id, std::uint32_t end_id);

  /// Walks the list for `hash` from its front until `accept(id)` is true, and returns that id; 0 when it never is.
  template <typename Accept>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, Accept&& accept) const;

  /// Puts an id, which is in no list yet, into the list for `hash`.
  void insert(std::uint32_t hash, std::uint32_t id);
  /// Which end of a list is its front now: 0 or 1.
  [[nodiscard]] bool front_end() const { return reversed_; }
  /// The end that an id was put to: the one that was the front after its insertion.
  [[nodiscard]] bool end_of(std::uint32_t id) const {
    return id < first_ ? below_->links_[id - below_->first_].at_second_end : links_[id - first_].at_second_end;
  }
  /// Whether `a` would come before `b` if both were in one list and were inserted in the order of their ids.
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;

  /// Fetches the memory that find(hash) looks at first in the table that this one continues.
  void prefetch_below(std::uint32_t hash) const {
    if (below_ != nullptr) __builtin_prefetch(&below_->slots_[hash & below_->mask_]);
  }

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t ends[2];  // the ids at both ends; 0: the slot is empty
  };
  struct Links {
    std::uint32_t side[2];
    bool at_second_end;  // which end it was put to
  };
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash) const {
    std::size_t at = hash & mask_;
    while (slots_[at].ends[0] != 0 && slots_[at].hash != hash) at = (at + 1) & mask_;
    return at;
  }
  /// The id after `id` in its list, from the end `front` on; 0 at the end.
  [[nodiscard]] std::uint32_t next(std::uint32_t id, bool front) const { return links_[id - first_].side[front]; }
  Slot& slot_for(std::uint32_t hash, std::uint32_t id);
  void grow();

  const CandidateTable* below_ = nullptr;
  std::uint32_t first_ = 1;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0, used_ = 0;
  std::vector<Links> links_;  // of each id from first_ on
  bool reversed_ = false;
  std::uint64_t entries_ = 0, capacity_ = 0;  // as in libbpf's table
};

template <typename Accept>
std::uint32_t CandidateTable::find(std::uint32_t hash, Accept&& accept) const {
  std::uint32_t id = slots_[slot_of(hash)].ends[reversed_];
  if (below_ != nullptr) {
    for (; id != 0 && links_[id - first_].at_second_end == reversed_; id = next(id, reversed_)) {
      if (accept(id)) return id;
    }
    std::uint32_t lower = below_->slots_[below_->slot_of(hash)].ends[reversed_];
    for (; lower != 0; lower = below_->next(lower, reversed_)) {
      if (accept(lower)) return lower;
    }
  }
  for (; id != 0; id = next(id, reversed_)) {
    if (accept(id)) return id;
  }
  return 0;
}

}  // namespace btfx
