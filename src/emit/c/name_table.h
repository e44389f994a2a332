// A number for each of many names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "btf/name_hash.h"

namespace btfx {

/// Finds numbers by names, which are compared by text.
class NameTable {
 public:
  NameTable() : slots_(64) {}

  /// The number of the name, 0 when it is new. `name` stays valid, and the reference until the next call.
  std::uint32_t& operator[](const char* name) {
    const std::uint32_t hash = hash_name(name);
    Slot& slot = slots_[find(name, hash)];
    if (slot.entry != 0) return entries_[slot.entry - 1].number;
    entries_.push_back({name, 0});
    slot = {hash, static_cast<std::uint32_t>(entries_.size())};
    if (entries_.size() * 2 > slots_.size()) grow();
    return entries_.back().number;
  }
  [[nodiscard]] bool contains(const char* name) const { return slots_[find(name, hash_name(name))].entry != 0; }

 private:
  struct Entry {
    const char* name;
    std::uint32_t number;
  };
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = 0;  // its index plus 1; 0: empty
  };

  /// Where the name is, or where it would be.
  [[nodiscard]] std::size_t find(const char* name, std::uint32_t hash) const {
    const auto is_other = [&](const Slot& slot) {
      return slot.hash != hash || std::strcmp(entries_[slot.entry - 1].name, name) != 0;
    };
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].entry != 0 && is_other(slots_[at])) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 4);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.entry == 0) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].entry != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
};

}  // namespace btfx
