#include "transform/merge/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/batch.h"
#include "base/spare_memory.h"
#include "transform/merge/equivalence.h"

namespace btfx {

namespace {

constexpr std::size_t most_listed = 4;

}  // namespace

Merge::Merge(BtfPtr base, const MergeOptions& options)
    : options_(options), pool_(base ? MergeBase::with_index(std::move(base), options.jobs) : nullptr) {}

void Merge::add(std::string name, const TypePool::Part& part, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  const TypeId first = pool_.append(part, diagnostics);
  for (std::size_t i = before; i < diagnostics.size(); ++i) diagnostics[i].place.file = name;
  inputs_.push_back({std::move(name), part.first_id(), first});
}

void Merge::finish(Diagnostics& diagnostics) {
  input_begin_ = raw(pool_.first_own());
  pool_.close();
  give_back_spare_memory();  // the inputs have been read
  ids_ = deduplicate(pool_, {.strict = options_.strict, .jobs = options_.jobs}, diagnostics);
  report_forwards(diagnostics);
}

TypeId Merge::find(std::size_t input, TypeId id) const {
  const Input& from = inputs_[input];
  return ids_.referred(id < from.source_first ? id : TypeId{raw(from.first) + (raw(id) - raw(from.source_first))});
}

std::vector<TypeId> Merge::input_types() const {
  std::vector<TypeId> types(ids_.own.begin() + (input_begin_ - raw(ids_.first_own)), ids_.own.end());
  std::ranges::sort(types);
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

void Merge::report_forwards(Diagnostics& diagnostics) const {
  using Ids = std::vector<TypeId>;
  const auto find_all = [&](auto&& is_wanted) {
    Ids all;
    gather_ranges(
        1, raw(pool_.end_id()), options_.jobs,
        [&](std::size_t begin, std::size_t end) {
          Ids found;
          for (auto id = static_cast<std::uint32_t>(begin); id < end; ++id) {
            if (is_wanted(pool_.record(TypeId{id}))) found.push_back(TypeId{id});
          }
          return found;
        },
        [&](const Ids& found) { all.insert(all.end(), found.begin(), found.end()); });
    return all;
  };
  const auto kind_of = [](const std::uint32_t* words) { return InfoWord(words[1]).kind(); };
  const Ids forwards = find_all([&](const std::uint32_t* words) { return kind_of(words) == Kind::fwd; });
  std::unordered_map<std::uint64_t, Ids> definitions;  // of the names and kinds declared somewhere
  for (const TypeId id : forwards) {
    const std::uint32_t* words = pool_.record(id);
    definitions.try_emplace(key_of(words[0], declared_kind(InfoWord(words[1]))));
  }
  const auto key = [&](const std::uint32_t* words) { return key_of(words[0], kind_of(words)); };
  for (const TypeId id : find_all([&](const std::uint32_t* words) {
         return is_composite(kind_of(words)) && definitions.contains(key(words));
       })) {
    definitions.at(key(pool_.record(id))).push_back(id);
  }

  const std::unordered_map<TypeId, Holders> holders = find_holders(definitions);
  std::size_t left_alone = 0;
  for (const TypeId id : forwards) {
    const std::uint32_t* words = pool_.record(id);
    const Kind kind = declared_kind(InfoWord(words[1]));
    const std::vector<TypeId>& found = definitions.at(key_of(words[0], kind));
    if (found.size() == 1 && raw(id) < raw(pool_.first_own())) ++left_alone;
    const auto is_ours = [&](TypeId definition) { return holders.at(definition).count != 0; };
    if (found.size() < 2 || std::ranges::none_of(found, is_ours)) continue;  // what the base disagrees about is its own
    std::string list;
    for (std::size_t i = 0; i < std::min(found.size(), most_listed); ++i) {
      list += fmt::format("{}[{}] {}", i == 0 ? "" : ", ", raw(found[i]), describe(holders.at(found[i])));
    }
    if (found.size() > most_listed) list += ", ...";
    diagnostics.push_back(
        {Severity::warning,
         "forward-ambiguous",
         fmt::format("forward declaration of {} '{}' is left as it is, because it has {} different definitions: {}",
                     kind == Kind::union_ ? "union" : "struct", pool_.string(StringOffset{words[0]}), found.size(),
                     list),
         {.type_id = raw(id)}});
  }
  if (left_alone != 0) {
    diagnostics.push_back(
        {"forward-base",
         fmt::format("{} forward declarations of the base have one definition in what was merged; the base's own types "
                     "still refer to the declarations, unless the merge is strict",
                     left_alone),
         {}});
  }
}

std::unordered_map<TypeId, Merge::Holders> Merge::find_holders(
    const std::unordered_map<std::uint64_t, std::vector<TypeId>>& definitions) const {
  std::unordered_map<TypeId, Holders> holders;
  for (const auto& [name, types] : definitions) {
    if (types.size() < 2) continue;
    for (const TypeId type : types) holders.try_emplace(type);
  }
  if (holders.empty()) return holders;
  std::vector<bool> is_asked_for(raw(pool_.end_id()));  // most types are not, and this is small enough for caches
  for (const auto& [type, of_type] : holders) is_asked_for[raw(type)] = true;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const TypeId end = i + 1 < inputs_.size() ? inputs_[i + 1].first : ids_.end_id();
    for (TypeId id = inputs_[i].first; id != end; ++id) {
      const TypeId now = ids_.find(id);
      if (!is_asked_for[raw(now)]) continue;
      Holders& of_type = holders.at(now);
      if (of_type.last == i + 1) continue;
      if (of_type.count++ == 0) of_type.first = i;
      of_type.last = i + 1;
    }
  }
  return holders;
}

/// "in a.ko and 3 more", or "in the base".
std::string Merge::describe(const Holders& holders) const {
  if (holders.count == 0) return "in the base";
  const std::string& first = inputs_[holders.first].name;
  return holders.count == 1 ? "in " + first : fmt::format("in {} and {} more", first, holders.count - 1);
}

}  // namespace btfx
