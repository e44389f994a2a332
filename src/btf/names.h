// Finding types by name: one index per BTF, shared by everything that looks names up in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "btf/kinds.h"

namespace btfx {

/// The lowest id among a BTF's own types of that name and kind, or void when there is none. Looks through all types:
/// for a few names that takes less time than an index of all.
TypeId find_type(const Btf& btf, std::string_view name, Kind kind);

/// Maps a name to the ids of all named types of one BTF (not of its base) that bear it, lowest first.
/// Names are compared by text, so that a string stored twice is one name. Anonymous types are not in it.
class NameIndex {
 public:
  explicit NameIndex(const Btf& btf);

  /// The ids of one name, lowest first.
  class Range {
   public:
    class Iterator {
     public:
      Iterator(const NameIndex* index, std::uint32_t id) : index_(index), id_(id) {}
      TypeId operator*() const { return TypeId{id_}; }
      Iterator& operator++() {
        id_ = index_->next_[id_ - index_->first_];
        return *this;
      }
      bool operator==(const Iterator&) const = default;

     private:
      const NameIndex* index_;
      std::uint32_t id_;  // 0: the end
    };
    Range(const NameIndex* index, std::uint32_t head) : index_(index), head_(head) {}
    [[nodiscard]] Iterator begin() const { return {index_, head_}; }
    [[nodiscard]] Iterator end() const { return {index_, 0}; }
    [[nodiscard]] bool empty() const { return head_ == 0; }

   private:
    friend class NameLinks;
    const NameIndex* index_;
    std::uint32_t head_;
  };

  [[nodiscard]] Range find(std::string_view name) const;
  /// The lowest id of that name and kind, or void when there is none.
  [[nodiscard]] TypeId find(std::string_view name, Kind kind) const;

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t head;  // lowest id of the name; 0: empty
  };
  const Btf* btf_;
  std::uint32_t first_;
  std::uint32_t mask_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> next_;  // for each own type the next id of the same name, or 0
};

/// For each own type of one BTF the own types of another that bear its name. Each name is looked up once, when it is
/// first asked for; safe to use from many threads.
class NameLinks {
 public:
  /// Both outlive it. Builds the index of the names of `to`.
  NameLinks(const Btf& from, const Btf& to);
  /// `type` is an own type of `from`.
  [[nodiscard]] NameIndex::Range find(TypeId type) const;

 private:
  const Btf& from_;
  const NameIndex& names_;
  mutable std::vector<std::atomic<std::uint32_t>> heads_;  // by the place of the type: one more than the lowest id of
                                                           // the name, which may be 0; 0: not looked up yet
};

}  // namespace btfx
