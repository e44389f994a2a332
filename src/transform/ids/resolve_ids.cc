#include "transform/ids/resolve_ids.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/kfunc_flags.h"
#include "btf/name_hash.h"
#include "btf/names.h"

namespace btfx {

namespace {

constexpr bool may_be_named(Kind kind) {
  return is_composite(kind) || kind == Kind::typedef_ || kind == Kind::func;
}

bool bears(TypeView type, const IdEntry& entry) {
  return type.kind() == entry.kind && type.name() == entry.name;
}

/// The BTF and its bases, the root first.
std::vector<const Btf*> levels_of(const Btf& btf) {
  std::vector<const Btf*> levels;
  for (const Btf* level = &btf; level != nullptr; level = level->base().get()) levels.push_back(level);
  std::ranges::reverse(levels);
  return levels;
}

TypeId find_type(const Btf& btf, Kind kind, std::string_view name) {
  for (const Btf* level : levels_of(btf)) {
    if (const TypeId id = level->names().find(name, kind); id != void_id) return id;
  }
  return void_id;
}

Diagnostic finding(JudgedCode code, std::uint32_t word, std::string text) {
  return {code, std::move(text), {.section = std::string(BtfIds::section_name), .offset = std::uint64_t{4} * word}};
}

/// What symbols ask for, each kind and name once, found by hash.
class Wanted {
 public:
  struct Type {
    const IdEntry* entry;  ///< the first that asks for it
    std::uint32_t hash;
    std::uint32_t symbols = 0;  ///< how many do
    TypeId id = void_id;        ///< the lowest
  };

  explicit Wanted(std::span<const IdEntry> entries) : slots_(std::bit_ceil(2 * entries.size() + 2)) {
    types_.reserve(entries.size());
    of_entry_.reserve(entries.size());
    for (const IdEntry& entry : entries) {
      const std::uint32_t hash = hash_of(entry.kind, entry.name);
      std::uint32_t& slot = slot_of(hash, entry.kind, entry.name);
      if (slot == 0) {
        types_.push_back({.entry = &entry, .hash = hash});
        slot = static_cast<std::uint32_t>(types_.size());
      }
      ++types_[slot - 1].symbols;
      of_entry_.push_back(slot - 1);
    }
  }

  /// The type that is asked for by that kind and name; null when there is none.
  Type* find(Kind kind, std::string_view name) {
    const std::uint32_t slot = slot_of(hash_of(kind, name), kind, name);
    return slot == 0 ? nullptr : &types_[slot - 1];
  }
  [[nodiscard]] const Type& of_entry(std::size_t i) const { return types_[of_entry_[i]]; }
  [[nodiscard]] std::span<const Type> types() const { return types_; }

 private:
  static std::uint32_t hash_of(Kind kind, std::string_view name) {
    return hash_name(name) + static_cast<std::uint32_t>(kind);
  }
  std::uint32_t& slot_of(std::uint32_t hash, Kind kind, std::string_view name) {
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
      const Type& type = types_[slots_[at] - 1];
      if (type.hash == hash && type.entry->kind == kind && type.entry->name == name) break;
    }
    return slots_[at];
  }

  std::vector<Type> types_;
  std::vector<std::uint32_t> slots_;     // an index into types_, plus 1; 0: empty
  std::vector<std::uint32_t> of_entry_;  // for each entry an index into types_
};

class IdResolver {
 public:
  IdResolver(BtfIds ids, const Btf& btf, const Btf* before)
      : ids_(std::move(ids)), btf_(btf), before_(before), wanted_(ids_.entries()) {}

  ResolvedIds run() {
    for (const Btf* level : levels_of(btf_)) look_through(*level);
    // Now: every type that is wanted has its id, if there is one.
    for (const Wanted::Type& type : wanted_.types()) report(type);
    const std::span<std::uint32_t> words = ids_.words();
    for (std::size_t i = 0; i < ids_.entries().size(); ++i) {
      const TypeId id = wanted_.of_entry(i).id;
      words[ids_.entries()[i].word] = raw(id);
      ++(id != void_id ? result_.resolved : result_.unresolved);
    }
    for (const IdSet& set : ids_.sets()) words[set.word] = set.count;
    ids_.sort_sets();
    result_.ids = std::move(ids_);
    return std::move(result_);
  }

 private:
  void look_through(const Btf& level) {
    for (TypeId id = level.first_id(); id < level.end_id(); ++id) {
      const TypeView type = level.type(id);
      if (!may_be_named(type.kind()) || !type.is_named()) continue;
      Wanted::Type* wanted = wanted_.find(type.kind(), type.name());
      if (wanted == nullptr) continue;
      if (wanted->id == void_id) {
        wanted->id = id;
      } else {
        others_[wanted].push_back(id);
      }
    }
  }

  void report(const Wanted::Type& type) {
    if (type.id == void_id) {
      std::string text = fmt::format("symbol {}: {}", type.entry->symbol(), why_unresolved(*type.entry));
      if (type.symbols > 1) text += fmt::format("; {} symbols name it", type.symbols);
      return result_.findings.push_back(finding("ids-unresolved", type.entry->word, std::move(text)));
    }
    const auto found = others_.find(&type);
    if (found == others_.end()) return;
    constexpr std::size_t most_shown = 8;
    std::string ids;
    for (const TypeId id : std::span(found->second).first(std::min(found->second.size(), most_shown))) {
      ids += fmt::format(", {}", raw(id));
    }
    if (found->second.size() > most_shown) ids += fmt::format(" and {} more", found->second.size() - most_shown);
    result_.findings.push_back(
        finding("ids-ambiguous", type.entry->word,
                fmt::format("symbol {}: several types are {} {}: {}{}; {} is taken", type.entry->symbol(),
                            kind_info(type.entry->kind).name, type.entry->name, raw(type.id), ids, raw(type.id))));
  }

  [[nodiscard]] std::string why_unresolved(const IdEntry& entry) const {
    std::string text = fmt::format("there is no {} {}", kind_info(entry.kind).name, entry.name);
    if (before_ != nullptr && find_type(*before_, entry.kind, entry.name) != void_id) {
      return text + " any more: it is the base's, and was not distilled because no type of the module refers to it";
    }
    for (const Btf* level : levels_of(btf_)) {
      for (const TypeId id : level->names().find(entry.name)) {
        return text + fmt::format("; type {} of that name is a {}", raw(id), kind_info(level->type(id).kind()).name);
      }
    }
    return text;
  }

  BtfIds ids_;
  const Btf& btf_;
  const Btf* before_;
  Wanted wanted_;
  std::unordered_map<const Wanted::Type*, std::vector<TypeId>> others_;  // further types of a kind and name
  ResolvedIds result_;
};

/// Looks for what a second time would spoil.
class RepeatCheck {
 public:
  RepeatCheck(const BtfIds& ids, const Btf& btf) : ids_(ids), btf_(btf), entry_at_(ids.words().size()) {
    for (const IdEntry& entry : ids.entries()) entry_at_[entry.word] = &entry;
  }

  Diagnostics run() {
    stray_ = find_stray();
    for (const IdSet& set : ids_.sets()) {
      if (!was_resolved(set)) continue;
      if (std::optional<std::string> spoiled = find_spoiled(set)) {
        findings_.push_back(finding(
            "ids-resolved-before", set.word,
            fmt::format("symbol {}: the set has been resolved before: its {} ids were sorted then{}, while symbols "
                        "still tell the places of compilation; resolving it again would {}",
                        set.symbol(), set.count, set.pairs ? ", and their flags with them" : "", *spoiled)));
      }
    }
    return std::move(findings_);
  }

 private:
  /// The type whose id stands in a word; nothing when it is not the id of a type.
  [[nodiscard]] std::optional<TypeView> type_in(std::uint32_t word) const {
    const TypeId id{ids_.words()[word]};
    if (id == void_id || !btf_.contains(id)) return std::nullopt;
    return btf_.type(id);
  }

  /// Whether the id of an entry stands where its symbol does.
  [[nodiscard]] bool is_at_home(const IdEntry& entry) const {
    if (ids_.words()[entry.word] == 0) return find_type(btf_, entry.kind, entry.name) == void_id;
    const std::optional<TypeView> type = type_in(entry.word);
    return type && bears(*type, entry);
  }

  /// The count is 0 after compilation; a number other than the set's does not show that ids were resolved.
  [[nodiscard]] bool was_resolved(const IdSet& set) const {
    return set.count != 0 && ids_.words()[set.word] == set.count;
  }

  /// A word with an id that cannot be one of this BTF, so that none of the section need be: ids of another BTF may well
  /// be those of the same functions here, in another order.
  [[nodiscard]] std::optional<std::uint32_t> find_stray() const {
    for (const IdEntry& entry : ids_.entries()) {
      if (entry.set < 0 && ids_.words()[entry.word] != 0 && !is_at_home(entry)) return entry.word;
    }
    for (const IdSet& set : ids_.sets()) {
      if (!was_resolved(set)) continue;
      const std::unordered_set<std::string> wanted = wanted_in(set);
      for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
        const auto type = type_in(word);
        const bool is_strange = type ? !wanted.contains(key(type->kind(), type->name())) : ids_.words()[word] != 0;
        if (is_strange) return word;
      }
    }
    return std::nullopt;
  }

  /// What the symbols of a set ask for.
  [[nodiscard]] std::unordered_set<std::string> wanted_in(const IdSet& set) const {
    std::unordered_set<std::string> wanted;
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      if (const IdEntry* entry = entry_at_[word]) wanted.insert(key(entry->kind, entry->name));
    }
    return wanted;
  }

  std::optional<std::string> find_spoiled(const IdSet& set) const {
    bool has_moved = stray_.has_value(), has_bare_words = false;
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      const IdEntry* entry = entry_at_[word];
      has_bare_words = has_bare_words || entry == nullptr;
      has_moved = has_moved || (entry != nullptr && !is_at_home(*entry));
    }
    if (!has_moved) return std::nullopt;
    if (has_bare_words) return "leave ids in words that have no symbol, and lose others";
    std::unordered_map<std::string, std::uint32_t> word_of;  // by the names of the types that stand there now
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      if (const auto type = type_in(word)) word_of.emplace(key(type->kind(), type->name()), word);
    }
    // Ids of another BTF tell nothing, not even where they happen to hit a function of the set.
    if (stray_) word_of.clear();
    return set.pairs ? find_wrong_flags(set, word_of) : std::nullopt;
  }

  std::optional<std::string> find_wrong_flags(const IdSet& set,
                                              const std::unordered_map<std::string, std::uint32_t>& word_of) const {
    const auto flags_at = [&](std::uint32_t word) { return ids_.words()[word + 1]; };
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      const IdEntry& entry = *entry_at_[word];
      const auto own = word_of.find(key(entry.kind, entry.name));
      if (own == word_of.end()) {
        // Its id belongs to another BTF, or is not one: its flags are unknown, unless all entries have the same.
        if (flags_at(word) == flags_at(set.first_id())) continue;
        std::string text = fmt::format("give {} {} flags of another", entry_word(entry.kind), entry.name);
        if (stray_) {
          text += fmt::format(": the id {} at offset {:#x} tells that the ids are those of another BTF",
                              ids_.words()[*stray_], std::uint64_t{4} * *stray_);
        }
        return text;
      }
      if (flags_at(own->second) == flags_at(word)) continue;
      const std::optional<TypeView> other = type_in(word);
      return fmt::format("give {} {} the flags {} instead of its own, {}{}", entry_word(entry.kind), entry.name,
                         flags_text(flags_at(word)), flags_text(flags_at(own->second)),
                         other ? fmt::format(", which are those of {}", other->name()) : "");
    }
    return std::nullopt;
  }

  static std::string flags_text(std::uint32_t flags) {
    return flags == 0 ? "0" : fmt::format("{}", fmt::join(kfunc_flag_names(flags), "|"));
  }
  static std::string key(Kind kind, std::string_view name) { return fmt::format("{} {}", kind_info(kind).name, name); }

  const BtfIds& ids_;
  const Btf& btf_;
  std::vector<const IdEntry*> entry_at_;  // by word
  std::optional<std::uint32_t> stray_;    // a word that cannot be of this BTF
  Diagnostics findings_;
};

}  // namespace

ResolvedIds resolve_ids(BtfIds ids, const Btf& btf, const Btf* before) {
  return IdResolver(std::move(ids), btf, before).run();
}

Diagnostics find_resolved_before(const BtfIds& ids, const Btf& btf) {
  const bool any = std::ranges::any_of(
      ids.sets(), [&](const IdSet& set) { return set.count != 0 && ids.words()[set.word] == set.count; });
  return any ? RepeatCheck(ids, btf).run() : Diagnostics();
}

bool may_hold_ids(const BtfIds& ids, const Btf& btf) {
  std::uint32_t last = 1;  // so that an id in the first word is found
  for (const std::uint32_t word : ids.words()) {
    // Flags are small, and ids of a module's types are not: they follow those of the kernel.
    const bool is_own = btf.is_split() && word >= raw(btf.first_id()) && word < raw(btf.end_id());
    if (word != 0 && (last != 0 || is_own)) return true;
    last = word;
  }
  return false;
}

bool names_types(const BtfIds& ids, const Btf& btf) {
  return std::ranges::any_of(ids.words(), [&](std::uint32_t word) {
    return word != 0 && btf.contains(TypeId{word}) && may_be_named(btf.type(TypeId{word}).kind());
  });
}

}  // namespace btfx
