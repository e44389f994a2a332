// A base that others are merged onto or de-duplicated against: prepared once, then constant and shared by all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/once.h"
#include "btf/btf.h"
#include "btf/string_table.h"
#include "transform/merge/candidates.h"

namespace btfx {

class MergeBase {
 public:
  /// Throws Error(unsupported) for a base that is itself split, or holds types of unknown kinds.
  explicit MergeBase(BtfPtr btf);
  /// The same with the index, made on so many threads.
  static std::shared_ptr<const MergeBase> with_index(BtfPtr btf, unsigned jobs);

  [[nodiscard]] const BtfPtr& btf() const { return btf_; }
  [[nodiscard]] TypeId end_id() const { return btf_->end_id(); }
  /// The record of an id; void has one of kind 0.
  [[nodiscard]] const std::uint32_t* record(TypeId id) const { return words_.data() + starts_[raw(id)]; }
  /// All records: void's, then the others.
  [[nodiscard]] std::span<const std::uint32_t> words() const { return words_; }
  /// Where the record of each id begins in words().
  [[nodiscard]] const std::vector<std::uint32_t>& starts() const { return starts_; }
  /// Finds the base's strings.
  [[nodiscard]] const StringTable& strings() const { return strings_; }

  /// What de-duplication looks up in a base. The types themselves are taken as de-duplicated already.
  class Index {
   public:
    /// All types but variables and sections.
    [[nodiscard]] const CandidateTable& candidates() const { return candidates_; }
    /// The structs, unions, enums and forward declarations with that name offset, ascending.
    [[nodiscard]] std::span<const TypeId> named(std::uint32_t name) const;
    /// Whether an enum with that name offset has no values.
    [[nodiscard]] bool declares_enum(std::uint32_t name) const;

   private:
    friend class MergeBase;
    CandidateTable candidates_;
    std::vector<TypeId> by_name_;                // ordered by name offset, then by id
    std::vector<std::uint32_t> names_;           // the name offset of each of them
    std::vector<std::uint32_t> enums_declared_;  // name offsets, ascending
  };
  /// Made on first use, on so many threads; safe to use from many threads.
  [[nodiscard]] const Index& index(unsigned jobs = 1) const;

 private:
  struct WithoutStrings {};
  MergeBase(BtfPtr btf, WithoutStrings /*tag*/);
  void read_strings() { strings_ = StringTable::of_section(btf_->own_strings()); }
  [[nodiscard]] Index make_index(unsigned jobs) const;

  BtfPtr btf_;
  StringTable strings_;
  std::vector<std::uint32_t> words_;
  std::vector<std::uint32_t> starts_;
  mutable Once<Index> index_;
};

using MergeBasePtr = std::shared_ptr<const MergeBase>;

}  // namespace btfx
