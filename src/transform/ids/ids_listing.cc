#include "transform/ids/ids_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>

#include "btf/names.h"

namespace btfx {

namespace {

class Lister {
 public:
  Lister(const BtfIds& ids, const Btf& btf) : ids_(ids), btf_(btf) {}

  std::vector<IdGroup> run() {
    if (!ids_.has_symbols()) return {all_words()};
    add_lists();
    for (const IdSet& set : ids_.sets()) add_set(set, entries_between(set.word, set.end()));
    std::ranges::stable_sort(groups_, {}, &IdGroup::word);
    return std::move(groups_);
  }

 private:
  /// The entries in [begin, end), ascending by word.
  [[nodiscard]] std::vector<const IdEntry*> entries_between(std::uint32_t begin, std::uint32_t end) const {
    std::vector<const IdEntry*> entries;
    for (const std::uint32_t i : ids_.entries_between(begin, end)) entries.push_back(&ids_.entries()[i]);
    return entries;
  }

  /// Of a section without symbols: what its words would name.
  [[nodiscard]] IdGroup all_words() const {
    IdGroup group;
    for (std::uint32_t word = 0; word < ids_.words().size(); ++word) {
      const std::uint32_t id = ids_.words()[word];
      if (id == 0) continue;
      group.ids.push_back({.word = word,
                           .id = id,
                           .type = btf_.contains(TypeId{id}) ? TypeId{id} : void_id,
                           .status = IdStatus::unjudged});
    }
    return group;
  }

  void add_lists() {
    const IdSet* last_set = nullptr;
    for (const IdEntry* entry : entries_between(0, static_cast<std::uint32_t>(ids_.words().size()))) {
      if (entry->set >= 0) continue;
      // A set between two entries ends the list, even where both lists have no name.
      const auto after = std::ranges::upper_bound(ids_.sets(), entry->word, {}, &IdSet::word);
      const IdSet* set = after == ids_.sets().begin() ? nullptr : &*std::prev(after);
      if (groups_.empty() || groups_.back().name != entry->list || set != last_set) {
        groups_.push_back({.name = entry->list, .word = entry->word, .ids = {}});
      }
      last_set = set;
      groups_.back().ids.push_back(by_symbol(entry->word, entry, 0));
    }
  }

  void add_set(const IdSet& set, const std::vector<const IdEntry*>& entries) {
    groups_.push_back({.set = &set, .name = set.name, .word = set.word, .ids = {}});
    std::vector<ListedId>& lines = groups_.back().ids;
    const bool is_resolved = ids_.words()[set.word] != 0;
    auto next = entries.begin();
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      const std::uint32_t flags = set.pairs ? ids_.words()[word + 1] : 0;
      while (next != entries.end() && (*next)->word < word) ++next;
      const IdEntry* entry = next != entries.end() && (*next)->word == word ? *next : nullptr;
      lines.push_back(by_symbol(word, is_resolved ? nullptr : entry, flags));
    }
    if (is_resolved) tell_by_types(entries, lines);
  }

  /// Finds the symbol of each id of a sorted set.
  void tell_by_types(const std::vector<const IdEntry*>& entries, std::vector<ListedId>& lines) const {
    std::unordered_map<std::string, std::vector<const IdEntry*>> of_type;  // the last first
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      of_type[key((*entry)->kind, (*entry)->name)].push_back(*entry);
    }
    for (ListedId& line : lines) {
      if (line.type == void_id) continue;
      const TypeView type = btf_.type(line.type);
      const auto found = of_type.find(key(type.kind(), type.name()));
      if (found == of_type.end() || found->second.empty()) continue;
      line.entry = found->second.back();
      line.status = IdStatus::ok;
      found->second.pop_back();
    }
    // The rest have no id here and belong to the zeros; first those without any type.
    std::vector<const IdEntry*> left;
    for (const IdEntry* entry : entries) {
      std::vector<const IdEntry*>& same = of_type[key(entry->kind, entry->name)];
      if (same.empty()) continue;
      left.push_back(same.back());
      same.pop_back();
    }
    std::stable_partition(left.begin(), left.end(), [&](const IdEntry* entry) { return find(*entry) == void_id; });
    auto next = left.begin();
    for (ListedId& line : lines) {
      if (line.id == 0 && next != left.end()) line = by_symbol(line.word, *next++, line.flags);
    }
  }

  /// What stands in a word, when that symbol names its type.
  [[nodiscard]] ListedId by_symbol(std::uint32_t word, const IdEntry* entry, std::uint32_t flags) const {
    ListedId line{.word = word, .id = ids_.words()[word], .flags = flags, .entry = entry};
    if (line.id == 0) {
      if (entry != nullptr) line.type = find(*entry);
      line.status = entry == nullptr       ? IdStatus::unused
                    : line.type != void_id ? IdStatus::unresolved
                                           : IdStatus::missing;
    } else if (!btf_.contains(TypeId{line.id})) {
      line.status = IdStatus::outside;
    } else {
      line.type = TypeId{line.id};
      const TypeView type = btf_.type(line.type);
      const bool fits = entry != nullptr && type.kind() == entry->kind && type.name() == entry->name;
      line.status = fits ? IdStatus::ok : IdStatus::stale;
    }
    return line;
  }

  /// The type that a symbol names: the lowest, so that of the base before others.
  [[nodiscard]] TypeId find(const IdEntry& entry) const {
    TypeId found = void_id;
    for (const Btf* level = &btf_; level != nullptr; level = level->base().get()) {
      if (const TypeId id = level->names().find(entry.name, entry.kind); id != void_id) found = id;
    }
    return found;
  }

  static std::string key(Kind kind, std::string_view name) { return fmt::format("{} {}", kind_info(kind).name, name); }

  const BtfIds& ids_;
  const Btf& btf_;
  std::vector<IdGroup> groups_;
};

}  // namespace

std::vector<IdGroup> list_ids(const BtfIds& ids, const Btf& btf) {
  return Lister(ids, btf).run();
}

}  // namespace btfx
