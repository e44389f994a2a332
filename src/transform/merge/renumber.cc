#include "transform/merge/renumber.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "base/batch.h"

namespace btfx {

DedupedIds renumber(TypePool& pool, const Representatives& representatives, unsigned jobs) {
  const std::uint32_t first = raw(pool.first_own()), end = raw(pool.end_id());
  const auto stands_for_itself = [&](std::uint32_t id) { return representatives.of(id) == id; };
  DedupedIds ids;
  ids.first_own = TypeId{first};
  gather_ranges(
      first, end, jobs,
      [&](std::size_t begin, std::size_t stop) {
        std::vector<TypeId> kept;
        for (auto id = static_cast<std::uint32_t>(begin); id < stop; ++id) {
          if (stands_for_itself(id)) kept.push_back(TypeId{id});
        }
        return kept;
      },
      [&](const std::vector<TypeId>& kept) { ids.kept.insert(ids.kept.end(), kept.begin(), kept.end()); });
  ids.own.resize(end - first);
  run_ranges(0, ids.kept.size(), jobs, [&](std::size_t begin, std::size_t stop) {
    for (std::size_t i = begin; i < stop; ++i) {
      ids.own[raw(ids.kept[i]) - first] = TypeId{first + static_cast<std::uint32_t>(i)};
    }
  });
  run_ranges(first, end, jobs, [&](std::size_t begin, std::size_t stop) {
    for (auto id = static_cast<std::uint32_t>(begin); id < stop; ++id) {
      if (const std::uint32_t by = representatives.of(id); by != id) ids.own[id - first] = ids.find(TypeId{by});
    }
  });
  std::vector<std::uint32_t> completed = representatives.changed_base();
  std::ranges::sort(completed);
  for (const std::uint32_t id : completed) {
    if (stands_for_itself(id) || (!ids.completed.empty() && ids.completed.back().first == TypeId{id})) continue;
    ids.completed.emplace_back(TypeId{id}, ids.find(TypeId{representatives.of(id)}));
  }
  pool.keep_only(ids.kept, jobs, [&](std::uint32_t& target) {
    target = raw(ids.find(TypeId{target < first ? representatives.of(target) : target}));
  });
  return ids;
}

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
