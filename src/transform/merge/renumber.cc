#include "transform/merge/renumber.h"

#include <algorithm>
#include <cstdint>
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

}  // namespace btfx
