#include "results/ids.h"

#include <numeric>

namespace btfx {

std::string_view to_string(IdStatus status) {
  switch (status) {
    case IdStatus::ok:
      return "ok";
    case IdStatus::unresolved:
      return "unresolved";
    case IdStatus::missing:
      return "missing";
    case IdStatus::stale:
      return "stale";
    case IdStatus::outside:
      return "outside";
    case IdStatus::unused:
      return "unused";
    case IdStatus::unjudged:
      return "unjudged";
  }
  return "";
}

IdCounts::IdCounts(std::span<const IdGroup> groups) {
  for (const IdGroup& group : groups) {
    for (const ListedId& line : group.ids) ++of.at(static_cast<std::size_t>(line.status));
  }
}

std::uint64_t IdCounts::all() const {
  return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

bool IdCounts::all_right() const {
  return (*this)[IdStatus::ok] + (*this)[IdStatus::unused] == all();
}

}  // namespace btfx
