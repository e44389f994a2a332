#include "transform/diff/users.h"

#include <algorithm>
#include <unordered_set>

namespace btfx {

std::optional<std::vector<std::uint64_t>> Users::find(const Fingerprints& prints, TypeId used,
                                                      std::size_t limit) const {
  std::vector<std::uint64_t> users;
  std::vector<TypeId> waiting{used};
  std::unordered_set<std::uint32_t> seen{raw(used)};
  while (!waiting.empty()) {
    const Referrer* referrer = referrers_.first(waiting.back());
    waiting.pop_back();
    for (; referrer != nullptr; referrer = referrers_.next(*referrer)) {
      if (limit-- == 0) return std::nullopt;
      const TypeId id = referrer->id;
      const TypeView type = btf_.type(id);
      if (!type.name().empty() && type.kind() != Kind::type_tag) {
        if (id != used) users.push_back(prints.reference(id));
      } else if (seen.insert(raw(id)).second) {
        waiting.push_back(id);
      }
    }
  }
  std::ranges::sort(users);
  users.erase(std::unique(users.begin(), users.end()), users.end());
  return users;
}

}  // namespace btfx
