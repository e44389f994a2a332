// The candidates of de-duplication: type ids by the hash of what must be equal, in the order the reference looks at
// them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/growing_array.h"

namespace btfx {

/// A multimap from hashes to type ids. Ids of different hashes may share a list, so code that walks a list
/// compares the types themselves.
///
/// The order of a list can be seen in the result, and is libbpf's: a new id goes to the front, and whenever libbpf's
/// table would grow, all lists are reversed. Reversing is a matter of reading the lists from the other end: `reversed_`
/// tells at which end the front is.
///
/// A table may continue another one, which does not change: its lists are those of the other one with its own ids at
/// both ends. Where many ids are expected it begins with a copy of the other one instead, which makes no difference.
class CandidateTable {
 public:
  CandidateTable() { reset(nullptr, 1, 1); }
  /// For ids below `end_id`.
  explicit CandidateTable(std::uint32_t end_id) { reset(nullptr, 1, end_id); }
  /// Resets it for ids in [first_id, end_id), but keeps the memory. `below`, if any, holds ids below `first_id`,
  /// continues none itself, and outlives what is done with this table. `expected`: about how many ids will be inserted;
  /// a wrong guess costs only time.
  void reset(const CandidateTable* below, std::uint32_t first_id, std::uint32_t end_id, std::uint32_t expected = 0);

  /// Walks the list for `hash` from its front until `accept(id)` is true, and returns that id; 0 when it never is.
  template <typename Accept>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, Accept&& accept) const;

  /// Puts an id, which is in no list yet, into the list for `hash`.
  void insert(std::uint32_t hash, std::uint32_t id);
  /// Which end of a list is its front now: 0 or 1.
  [[nodiscard]] bool front_end() const { return reversed_; }
  /// The end that an id was put to: the one that was the front after its insertion.
  [[nodiscard]] bool end_of(std::uint32_t id) const {
    return id < first_ ? below_->at_second_end_[id - below_->first_] : at_second_end_[id - first_];
  }
  /// Whether `a` would come before `b` if both were in one list and were inserted in the order of their ids.
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;

  /// Fetches the memory that find(hash) looks at first.
  void prefetch(std::uint32_t hash) const {
    __builtin_prefetch(&slots_[hash & mask_]);
    if (below_ != nullptr) __builtin_prefetch(&below_->slots_[hash & below_->mask_]);
  }
  /// An id in the list for `hash`, for fetching what find(hash) looks at next; 0 when there is none.
  [[nodiscard]] std::uint32_t peek(std::uint32_t hash) const {
    const std::uint32_t place = slots_[slot_of(hash)].ends[reversed_];
    if (place != 0 || below_ == nullptr) return nodes_[place].id;
    return below_->nodes_[below_->slots_[below_->slot_of(hash)].ends[reversed_]].id;
  }

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t ends[2];  // the places in nodes_ of what is at both ends; 0: the slot is empty
  };
  /// An id in a list. Most ids get into none, so that there is not one for each.
  struct Node {
    std::uint32_t id : 31;
    std::uint32_t at_second_end : 1;  // which end it was put to
    std::uint32_t side[2];            // the places of its neighbours; 0: there is none
  };
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash) const {
    std::size_t at = hash & mask_;
    while (slots_[at].ends[0] != 0 && slots_[at].hash != hash) at = (at + 1) & mask_;
    return at;
  }
  /// The first node, from `place` on and away from the end that is the front now, whose id is accepted; its id, or 0.
  template <typename Accept>
  [[nodiscard]] std::uint32_t walk(std::uint32_t place, bool front, Accept&& accept) const {
    for (; place != 0; place = nodes_[place].side[front]) {
      if (accept(nodes_[place].id)) return nodes_[place].id;
    }
    return 0;
  }
  Slot& slot_for(std::uint32_t hash, std::uint32_t place);
  void resize_slots(std::size_t size);

  const CandidateTable* below_ = nullptr;
  std::uint32_t first_ = 1;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0, used_ = 0;
  GrowingArray<Node> nodes_;         // in the order of insertion, behind one that stands for none
  std::vector<bool> at_second_end_;  // of each id from first_ on
  bool reversed_ = false;
  std::uint64_t entries_ = 0, capacity_ = 0;  // as in libbpf's table
};

template <typename Accept>
std::uint32_t CandidateTable::find(std::uint32_t hash, Accept&& accept) const {
  std::uint32_t place = slots_[slot_of(hash)].ends[reversed_];
  if (below_ == nullptr) return walk(place, reversed_, accept);
  for (; place != 0 && nodes_[place].at_second_end == reversed_; place = nodes_[place].side[reversed_]) {
    if (accept(nodes_[place].id)) return nodes_[place].id;
  }
  const std::uint32_t lower = below_->slots_[below_->slot_of(hash)].ends[reversed_];
  if (const std::uint32_t found = below_->walk(lower, reversed_, accept); found != 0) return found;
  return walk(place, reversed_, accept);
}

}  // namespace btfx
