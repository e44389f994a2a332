// Many BTFs in one space of ids and strings: what merging fills and de-duplication works on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/batch.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/growing_array.h"
#include "btf/btf.h"
#include "btf/builder.h"
#include "btf/fields.h"
#include "btf/name_hash.h"
#include "btf/string_table.h"
#include "transform/merge/merge_base.h"

namespace btfx {

/// Calls `on_type(word)` for every word of a record that appending and renumbering treat as a type id: those of
/// visit_type_ids(), and the third word of a FWD, which is no reference but which some compilers fill with an id, so
/// that it tells forward declarations apart.
template <typename Word, typename OnType>
void visit_renumbered(Word* words, OnType&& on_type) {
  if (InfoWord(words[1]).kind() == Kind::fwd) on_type(words[2]);
  visit_type_ids(words, on_type);
}

/// The records of a base, as they are, and behind them the *own* records: copies of those of any number of BTFs, in the
/// order of appending, each with its ids and names moved to where they are now. In the own records equal texts have
/// equal string offsets, so that records compare by their words.
class TypePool {
 public:
  /// Without a base the own records make up a root; with one they continue its ids and strings. The base is a root.
  explicit TypePool(BtfPtr base = nullptr);
  explicit TypePool(MergeBasePtr base) { reset(std::move(base)); }
  /// Resets it to another base, or to none. Keeps the memory.
  void reset(MergeBasePtr base);

  /// What appending needs of one BTF that does not depend on the parts before it.
  class Part {
   public:
    /// The first id that the BTF holds itself.
    [[nodiscard]] TypeId first_id() const { return btf_->first_id(); }

   private:
    friend class TypePool;
    struct Text {
      HashedName name;
      StringOffset in_base{0};  // 0: the base does not have it
    };
    BtfPtr btf_;
    std::vector<Text> texts_;           // of the names that are its own, each once, in the order of the fields
    std::vector<std::uint32_t> names_;  // for each field with such a name, in their order, its place in texts_
    std::vector<TypeId> stray_;         // FWDs whose third word is no id
  };

  /// Prepares a BTF; may be called from several threads. `btf` is a root, or split on this pool's base (the same
  /// object). Throws Error(unsupported) when it holds records of unknown kinds.
  [[nodiscard]] Part prepare(BtfPtr btf) const;
  /// Appends the types and returns the id of the first. A FWD with a third word that is no type id (some compilers
  /// leave rubbish there) is taken as if it were 0, with a warning. Throws Error(unsupported) when ids or strings run
  /// out.
  TypeId append(const Part& part, Diagnostics& diagnostics);

  /// Frees what only appending takes: nothing is appended any more.
  void close() { strings_.close(); }

  /// Null for a root.
  [[nodiscard]] const MergeBase* base() const { return base_.get(); }
  [[nodiscard]] TypeId first_own() const { return TypeId{first_own_}; }
  [[nodiscard]] TypeId end_id() const { return TypeId{first_own_ + own_types()}; }
  [[nodiscard]] std::uint32_t own_types() const { return static_cast<std::uint32_t>(starts_.size()); }
  /// The record of an id; void has one of kind 0. Ids are below end_id().
  [[nodiscard]] const std::uint32_t* record(TypeId id) const {
    return raw(id) < first_own_ ? base_words_ + base_starts_[raw(id)] : words_.data() + starts_[raw(id) - first_own_];
  }
  /// The record of an own id.
  [[nodiscard]] std::uint32_t* own_record(TypeId id) { return words_.data() + starts_[raw(id) - first_own_]; }
  /// The text of a name.
  [[nodiscard]] std::string_view string(StringOffset offset) const;

  /// Makes the records of the base own ones: from now on this is a root, and may be changed as a whole. No id changes.
  void own_base();

  /// Rebuilds the own strings: those of the own records that the base does not hold, in the order of the fields.
  void renew_strings();

  /// Keeps only these own records, ascending, and calls `on_id(word)` for all that visit_renumbered() finds in them, on
  /// so many threads.
  template <typename OnId>
  void keep_only(std::span<const TypeId> kept, unsigned jobs, OnId&& on_id);
  /// Gives back the memory of what was dropped.
  void fit() {
    words_.fit();
    starts_.fit();
  }

  /// The own records as split BTF on the base; without a base as a root. See assemble_btf().
  [[nodiscard]] Bytes own_btf(ByteOrder order = native_order,
                              std::uint32_t header_length = BtfHeader::layout_header_length,
                              const LayoutSection& layout = {}) const;
  /// Base and own records in one root, every id as it is here, and the layout section of the base or of the first that
  /// was appended with one. Made on so many threads.
  [[nodiscard]] Bytes flat_btf(ByteOrder order = native_order, unsigned jobs = 1) const;

 private:
  class TextPlaces;

  MergeBasePtr base_;
  const std::uint32_t* base_words_ = nullptr;   // of the base, or only void's record
  const std::uint32_t* base_starts_ = nullptr;  // of each id of the base in base_words_
  std::uint32_t first_own_ = 1;
  GrowingArray<std::uint32_t> words_;   // of the own records
  GrowingArray<std::uint32_t> starts_;  // of each own id in words_
  StringTable strings_;                 // of the own records
  BtfPtr layout_of_;                    // which input has a layout section, the base before others; null for none
};

template <typename OnId>
void TypePool::keep_only(std::span<const TypeId> kept, unsigned jobs, OnId&& on_id) {
  const auto place = [&](std::size_t i) { return raw(kept[i]) - first_own_; };
  GrowingArray<std::uint32_t> starts;  // of what is kept, and the end
  starts.grow(kept.size() + 1);
  std::size_t size = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    starts[i] = static_cast<std::uint32_t>(size);
    size += (place(i) + 1 < starts_.size() ? starts_[place(i) + 1] : words_.size()) - starts_[place(i)];
  }
  starts[kept.size()] = static_cast<std::uint32_t>(size);
  const auto move_down = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::uint32_t* const record = words_.begin() + starts[i];
      std::copy_n(words_.begin() + starts_[place(i)], starts[i + 1] - starts[i], record);
      visit_renumbered(record, on_id);
    }
  };
  // Records may move at once whose new places lie before the first that is not moved yet: soon nearly all of them.
  constexpr std::size_t least = 4096;
  for (std::size_t begin = 0; begin < kept.size();) {
    const auto* const free = std::upper_bound(starts.begin() + begin, starts.end(), starts_[place(begin)]);
    const auto end = std::max(static_cast<std::size_t>(free - starts.begin()), begin + 1) - 1;
    if (jobs > 1 && end > begin + least) {
      run_ranges(begin, end, jobs, move_down);
      begin = end;
    } else {
      move_down(begin, std::min(begin + least, kept.size()));
      begin = std::min(begin + least, kept.size());
    }
  }
  words_.shrink(size);
  std::copy_n(starts.begin(), kept.size(), starts_.begin());
  starts_.shrink(kept.size());
}

}  // namespace btfx
