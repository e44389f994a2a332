#include "transform/merge/deduped_ids.h"

#include <algorithm>
#include <iterator>

namespace btfx {

TypeId DedupedIds::referred(TypeId id) const {
  if (id >= first_own) return find(id);
  const auto found = std::ranges::lower_bound(completed, id, {}, &std::pair<TypeId, TypeId>::first);
  return found != completed.end() && found->first == id ? found->second : id;
}

void DedupedIds::append(const DedupedIds& next) {
  for (TypeId& id : own) id = next.find(id);
  std::vector<TypeId> still_kept;
  still_kept.reserve(next.kept.size());
  for (const TypeId id : next.kept) still_kept.push_back(kept[raw(id) - raw(first_own)]);
  kept = std::move(still_kept);
  for (auto& [declaration, definition] : completed) definition = next.find(definition);
  // Both are sorted by declaration, and what an earlier run completed counts.
  std::vector<std::pair<TypeId, TypeId>> of_both;
  of_both.reserve(completed.size() + next.completed.size());
  std::ranges::set_union(completed, next.completed, std::back_inserter(of_both), {}, &std::pair<TypeId, TypeId>::first,
                         &std::pair<TypeId, TypeId>::first);
  completed = std::move(of_both);
  is_incomplete = next.is_incomplete;
}

}  // namespace btfx
