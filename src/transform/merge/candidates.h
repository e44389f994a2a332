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
class CandidateTable {
 public:
  /// Room for ids below `end_id`.
  explicit CandidateTable(std::uint32_t end_id);

  /// The first id of the list for `hash`, 0 when it is empty.
  [[nodiscard]] std::uint32_t front(std::uint32_t hash) const {
    const Slot& slot = slots_[slot_of(hash)];
    return slot.ends[reversed_];
  }
  /// The id after `id` in its list, 0 at the end.
  [[nodiscard]] std::uint32_t next(std::uint32_t id) const { return links_[id][reversed_]; }

  /// Puts an id, which is in no list yet, into the list for `hash`.
  void insert(std::uint32_t hash, std::uint32_t id);
  /// Which end of a list is its front now: 0 or 1. An id that is inserted goes to the end that is the front after the
  /// insertion.
  [[nodiscard]] bool front_end() const { return reversed_; }
  /// Whether `a` would come before `b` if both were in one list and were inserted in the order of their ids.
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const;

  /// Fetches the memory that front(hash) will look at.
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t ends[2];  // the ids at both ends; 0: the slot is empty
  };
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash) const {
    std::size_t at = hash & mask_;
    while (slots_[at].ends[0] != 0 && slots_[at].hash != hash) at = (at + 1) & mask_;
    return at;
  }
  Slot& slot_for(std::uint32_t hash, std::uint32_t id);
  void grow();

  struct Links {
    std::uint32_t side[2];
    std::uint32_t operator[](bool i) const { return side[i]; }
    std::uint32_t& operator[](bool i) { return side[i]; }
  };

  std::vector<Slot> slots_;
  std::size_t mask_, used_ = 0;
  std::vector<Links> links_;
  std::vector<bool> at_second_end_;  // of each id: which end it was put to
  bool reversed_ = false;
  std::uint64_t entries_ = 0, capacity_ = 0;  // as in libbpf's table
};

}  // namespace btfx
