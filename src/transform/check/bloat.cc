#include "transform/check/bloat.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btf/fields.h"
#include "transform/check/shallow_difference.h"
#include "transform/merge/dedup_btf.h"

namespace btfx {

namespace {

/// Lays every type that was dropped to one that nothing below it explains.
class BloatCauses {
 public:
  BloatCauses(const Btf& btf, const DedupedIds& ids)
      : btf_(btf),
        ids_(ids),
        first_(raw(btf.first_id())),
        words_(btf.own_words().data()),
        starts_(btf.own_starts()),
        dropped_(btf.own_types(), 1),
        cause_(btf.own_types(), none) {
    for (const TypeId id : ids.kept) dropped_[raw(id) - first_] = 0;
  }

  std::vector<BloatCause> run() {
    find_users();
    spread();
    // What is left leads to nothing but circles: there a named type stands for the others.
    for (const bool named : {true, false}) {
      for (std::uint32_t i = 0; i < dropped_.size(); ++i) {
        if (dropped_[i] == 0 || cause_[i] != none || (record(i)[0] != 0) != named) continue;
        add_cause(i);
        spread();
      }
    }
    for (std::uint32_t i = 0; i < dropped_.size(); ++i) {
      if (dropped_[i] == 0) continue;
      ++causes_[cause_[i]].types;
      causes_[cause_[i]].bytes += 4 * record_words(InfoWord(record(i)[1]));
    }
    std::ranges::stable_sort(causes_, std::ranges::greater{}, &BloatCause::bytes);
    return std::move(causes_);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffff;

  [[nodiscard]] TypeId id_of(std::uint32_t i) const { return TypeId{first_ + i}; }
  [[nodiscard]] const std::uint32_t* record(std::uint32_t i) const { return words_ + starts_[i]; }

  template <typename OnDropped>
  void visit_dropped(std::uint32_t i, OnDropped&& on_dropped) const {
    visit_type_ids(record(i), [&](std::uint32_t target) {
      if (target >= first_ && target != first_ + i && dropped_[target - first_] != 0) on_dropped(target - first_);
    });
  }

  /// Who among the dropped types refers to each of them: lists behind each other. Those that refer to no other one are
  /// causes.
  void find_users() {
    users_begin_.assign(dropped_.size() + 1, 0);
    for (std::uint32_t i = 0; i < dropped_.size(); ++i) {
      if (dropped_[i] == 0) continue;
      bool is_cause = true;
      visit_dropped(i, [&](std::uint32_t target) {
        ++users_begin_[target + 1];
        is_cause = false;
      });
      if (is_cause) add_cause(i);
    }
    for (std::size_t i = 1; i < users_begin_.size(); ++i) users_begin_[i] += users_begin_[i - 1];
    users_.resize(users_begin_.back());
    std::vector<std::uint32_t> at(users_begin_.begin(), users_begin_.end() - 1);
    for (std::uint32_t i = 0; i < dropped_.size(); ++i) {
      if (dropped_[i] != 0) visit_dropped(i, [&](std::uint32_t target) { users_[at[target]++] = i; });
    }
  }

  void add_cause(std::uint32_t i) {
    cause_[i] = static_cast<std::uint32_t>(causes_.size());
    const TypeId now = ids_.own[i];
    const TypeId same = now < ids_.first_own ? now : ids_.kept[raw(now) - first_];
    const TypeView type = btf_.type(id_of(i)), other = btf_.type(same);
    const bool is_own = raw(same) >= first_;
    std::string text;
    if (type.kind() == other.kind()) {
      text = is_own ? "it has " + type_label(type) + " twice" : "the base has the same " + type_label(type);
    } else {
      text = type_label(type) + " is " + type_label(other) + (is_own ? " of its own" : " of the base");
    }
    causes_.push_back({.own = id_of(i), .same = same, .text = std::move(text)});
    reached_.push_back(i);
  }

  /// From each cause to those that lead to it, nearest first.
  void spread() {
    for (; spread_ < reached_.size(); ++spread_) {
      const std::uint32_t i = reached_[spread_];
      for (std::uint32_t at = users_begin_[i]; at < users_begin_[i + 1]; ++at) {
        if (cause_[users_[at]] != none) continue;
        cause_[users_[at]] = cause_[i];
        reached_.push_back(users_[at]);
      }
    }
  }

  const Btf& btf_;
  const DedupedIds& ids_;
  std::uint32_t first_;
  const std::uint32_t* words_;  // the own records
  std::span<const std::uint32_t> starts_;
  // Of each own type:
  std::vector<std::uint8_t> dropped_;       // whether it was
  std::vector<std::uint32_t> cause_;        // its place in causes_
  std::vector<std::uint32_t> users_begin_;  // where in users_ the dropped types begin that refer to it
  std::vector<std::uint32_t> users_;
  std::vector<std::uint32_t> reached_;  // types with a cause, nearest first
  std::size_t spread_ = 0;              // how many of them have passed it on
  std::vector<BloatCause> causes_;
};

}  // namespace

Bloat find_bloat(const BtfPtr& btf, const MergeBasePtr& base, bool fixed_base) {
  static thread_local BtfDeduplicator deduplicator;  // keeps nothing but memory between two BTFs
  const DedupedBtf deduped = deduplicator.run(btf, base, {.fixed_base = fixed_base});
  Bloat bloat;
  bloat.types = btf->own_types() - deduped.types();
  // Unusual strings, of which one ends another, can take more room afterwards.
  bloat.bytes = btf->blob().size() - std::min(btf->blob().size(), deduped.btf.size());
  bloat.causes = BloatCauses(*btf, deduped.ids).run();
  return bloat;
}

}  // namespace btfx
