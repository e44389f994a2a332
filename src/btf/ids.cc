#include "btf/ids.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace btfx {

namespace {

constexpr std::string_view prefix = "__BTF_ID__";
constexpr std::string_view separator = "__";
// Kernels take names of 512 bytes. Many symbols may share one name in the file; here each has a copy.
constexpr std::size_t longest_symbol = 1024;

/// A symbol that cannot be, at the word it stands on or at that offset.
[[noreturn]] void malformed_at(std::uint64_t offset, std::string_view symbol, std::string_view what) {
  throw Error(ErrorCode::malformed, fmt::format("symbol {} {}", symbol, what),
              {.section = std::string(BtfIds::section_name), .offset = offset});
}
[[noreturn]] void malformed_entry(std::uint32_t word, std::string_view symbol, std::string_view what) {
  malformed_at(std::uint64_t{4} * word, symbol, what);
}

/// Takes `word` and the separator after it off the front of `text`.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word) || !text.substr(word.size()).starts_with(separator)) return false;
  text.remove_prefix(word.size() + separator.size());
  return true;
}

constexpr std::array<std::pair<std::string_view, Kind>, 4> id_kind_words{{
    {"struct", Kind::struct_},
    {"union", Kind::union_},
    {"typedef", Kind::typedef_},
    {"func", Kind::func},
}};

}  // namespace

std::string_view entry_word(Kind kind) {
  const auto* const found = std::ranges::find(id_kind_words, kind, &std::pair<std::string_view, Kind>::second);
  return found != id_kind_words.end() ? found->first : std::string_view("?");
}

std::string IdEntry::symbol() const {
  return fmt::format("{}{}__{}__{}", prefix, entry_word(kind), name, unique);
}

std::string IdSet::symbol() const {
  return fmt::format("{}{}__{}", prefix, pairs ? "set8" : "set", name);
}

std::optional<BtfIds> BtfIds::read(const ElfFile& elf, std::optional<ByteView> content) {
  const ElfSection* section = elf.find(section_name);
  if (section == nullptr) return std::nullopt;
  const Bytes own = content ? Bytes() : elf.contents(*section);
  std::vector<ElfSymbol> symbols = elf.symbols();
  std::erase_if(symbols, [&](const ElfSymbol& symbol) { return symbol.section != section->index; });
  return parse(content ? *content : own.view(), elf.byte_order(), symbols, section->address);
}

BtfIds BtfIds::parse(ByteView section, ByteOrder order, std::span<const ElfSymbol> symbols, std::uint64_t address) {
  BtfIds ids;
  ids.order_ = order;
  ids.words_.resize(section.size() / 4);
  for (std::size_t i = 0; i < ids.words_.size(); ++i)
    ids.words_[i] = load<std::uint32_t>(section.data() + 4 * i, order);
  const ByteView rest = section.subspan(ids.words_.size() * 4);
  ids.rest_.assign(rest.begin(), rest.end());
  ids.entries_.reserve(symbols.size());
  for (const ElfSymbol& symbol : symbols) {
    if (!symbol.name.starts_with(prefix)) continue;
    std::string_view text = symbol.name.substr(prefix.size());
    if (symbol.name.size() > longest_symbol) {
      throw Error(ErrorCode::malformed,
                  fmt::format("symbol {}... has {} bytes, more than the {} that one may have",
                              symbol.name.substr(0, 64), symbol.name.size(), longest_symbol),
                  {.section = std::string(section_name)});
    }
    if (symbol.value < address) {
      throw Error(ErrorCode::malformed,
                  fmt::format("symbol {} stands at address {:#x}, before the section, which begins at {:#x}",
                              symbol.name, symbol.value, address),
                  {.section = std::string(section_name)});
    }
    const std::uint64_t word = (symbol.value - address) / 4;
    if (word >= ids.words_.size()) {
      malformed_at(symbol.value - address, symbol.name,
                   fmt::format("stands outside the {} bytes of the section", section.size()));
    }
    if (text.starts_with("set")) {
      ids.add_set(text, static_cast<std::uint32_t>(word), symbol.size);
    } else {
      ids.add_entry(text, static_cast<std::uint32_t>(word));
    }
  }
  ids.order_sets();
  ids.place_entries(symbols, address);
  ids.require_one_type_per_word();
  return ids;
}

void BtfIds::add_set(std::string_view rest, std::uint32_t word, std::uint64_t size) {
  std::string_view name = rest;
  const bool pairs = take(name, "set8");
  if ((!pairs && !take(name, "set")) || name.empty())
    malformed_entry(word, fmt::format("{}{}", prefix, rest), "names no set");
  const std::uint64_t unit = pairs ? 8 : 4;
  if (size < unit) {
    malformed_entry(word, fmt::format("{}{}", prefix, rest),
                    fmt::format("has {} bytes, which is less than the count of a set needs", size));
  }
  if (size / unit * (unit / 4) > words_.size() - word) {
    malformed_entry(word, fmt::format("{}{}", prefix, rest),
                    fmt::format("has {} bytes, and so its set ends outside the section", size));
  }
  sets_.push_back(
      {.name = std::string(name), .pairs = pairs, .word = word, .count = static_cast<std::uint32_t>(size / unit - 1)});
}

void BtfIds::add_entry(std::string_view rest, std::uint32_t word) {
  std::string_view name = rest;
  const auto* const kind =
      std::ranges::find_if(id_kind_words, [&](const auto& pair) { return take(name, pair.first); });
  if (kind == id_kind_words.end()) malformed_entry(word, fmt::format("{}{}", prefix, rest), "is of no known kind");
  // After the last separator stands a number that makes the symbol unique. It may be empty in a hand-made one.
  const std::size_t end = name.rfind('_');
  if (end == std::string_view::npos || end < 2 || name[end - 1] != '_') {
    malformed_entry(word, fmt::format("{}{}", prefix, rest), "names no type");
  }
  entries_.push_back({.kind = kind->second,
                      .name = std::string(name.substr(0, end - 1)),
                      .word = word,
                      .unique = std::string(name.substr(end + 1))});
}

/// Now that all sets are there: puts them in order, and makes sure that no two share words or a name.
void BtfIds::order_sets() {
  std::ranges::sort(sets_, {}, &IdSet::word);
  const auto overlap =
      std::ranges::adjacent_find(sets_, [](const IdSet& a, const IdSet& b) { return b.word < a.end(); });
  if (overlap != sets_.end()) {
    malformed_entry(overlap[1].word, overlap[1].symbol(),
                    fmt::format("begins a set inside of set {}", overlap[0].name));
  }
  std::vector<const IdSet*> by_name;
  for (const IdSet& set : sets_) by_name.push_back(&set);
  std::ranges::stable_sort(by_name, {}, &IdSet::name);
  const auto twice = std::ranges::adjacent_find(by_name, {}, &IdSet::name);
  if (twice != by_name.end()) {
    malformed_entry(twice[1]->word, twice[1]->symbol(),
                    fmt::format("begins a second set with the name {}; the first is at {:#x}", twice[0]->name,
                                std::uint64_t{4} * twice[0]->word));
  }
}

/// Now that all sets are known: which entries stand in them, and which lists have the others.
void BtfIds::place_entries(std::span<const ElfSymbol> symbols, std::uint64_t address) {
  by_word_.resize(entries_.size());
  std::iota(by_word_.begin(), by_word_.end(), 0U);
  std::ranges::stable_sort(by_word_, {}, [&](std::uint32_t i) { return entries_[i].word; });
  std::vector<std::pair<std::uint64_t, std::string_view>> labels;  // word, name
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.name.empty() || symbol.name.starts_with(prefix) || symbol.type == STT_SECTION) continue;
    labels.emplace_back((symbol.value - address) / 4, symbol.name);
  }
  std::ranges::stable_sort(labels, {}, &std::pair<std::uint64_t, std::string_view>::first);
  for (IdEntry& entry : entries_) {
    if (const IdSet* set = set_of(entry.word)) {
      entry.set = static_cast<std::int32_t>(set - sets_.data());
      if (entry.word < set->first_id() || (entry.word - set->first_id()) % set->stride() != 0) {
        malformed_entry(entry.word, entry.symbol(),
                        fmt::format("stands where set {} has its count or flags, not an id", set->name));
      }
      continue;
    }
    const auto after =
        std::ranges::upper_bound(labels, entry.word, {}, &std::pair<std::uint64_t, std::string_view>::first);
    if (after != labels.begin()) entry.list = std::prev(after)->second.substr(0, longest_symbol);
  }
}

/// A word can hold one id. Several symbols may say the same of it.
void BtfIds::require_one_type_per_word() const {
  for (std::size_t i = 1; i < by_word_.size(); ++i) {
    const IdEntry &first = entries_[by_word_[i - 1]], &entry = entries_[by_word_[i]];
    if (first.word != entry.word || (first.kind == entry.kind && first.name == entry.name)) continue;
    malformed_entry(entry.word, entry.symbol(),
                    fmt::format("stands where {} does, and names another type", first.symbol()));
  }
}

std::span<const std::uint32_t> BtfIds::entries_between(std::uint32_t begin, std::uint32_t end) const {
  const auto word_of = [&](std::uint32_t i) { return entries_[i].word; };
  const auto first = std::ranges::lower_bound(by_word_, begin, {}, word_of);
  const auto last = std::ranges::lower_bound(first, by_word_.end(), end, {}, word_of);
  return {first, last};
}

bool BtfIds::is_zero() const {
  return std::ranges::all_of(words_, [](std::uint32_t word) { return word == 0; });
}

const IdSet* BtfIds::set_of(std::uint32_t word) const {
  const auto after = std::ranges::upper_bound(sets_, word, {}, &IdSet::word);
  return after != sets_.begin() && std::prev(after)->contains(word) ? &*std::prev(after) : nullptr;
}

std::vector<std::uint32_t> BtfIds::id_words() const {
  std::vector<std::uint32_t> result;
  for (const IdSet& set : sets_) {
    for (std::uint32_t i = 0; i < set.count; ++i) result.push_back(set.first_id() + set.stride() * i);
  }
  for (const IdEntry& entry : entries_) {
    if (entry.set < 0) result.push_back(entry.word);
  }
  std::ranges::sort(result);
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::string BtfIds::describe(std::uint32_t word) const {
  if (const IdSet* set = set_of(word)) return fmt::format("word {} (of set {})", word, set->name);
  const std::span<const std::uint32_t> found = entries_between(word, word + 1);
  if (found.empty()) return fmt::format("word {}", word);
  const IdEntry& entry = entries_[found.front()];
  return fmt::format("word {} ({} {}{}{})", word, entry_word(entry.kind), entry.name,
                     entry.list.empty() ? "" : " of list ", entry.list);
}

void BtfIds::sort_sets() {
  for (const IdSet& set : sets_) {
    std::vector<std::array<std::uint32_t, 2>> ids(set.count);
    for (std::uint32_t i = 0; i < set.count; ++i) {
      const std::uint32_t* from = words_.data() + set.first_id() + std::size_t{set.stride()} * i;
      ids[i] = {from[0], set.pairs ? from[1] : 0};
    }
    std::ranges::stable_sort(ids, {}, [](const auto& id) { return static_cast<std::int32_t>(id[0]); });
    for (std::uint32_t i = 0; i < set.count; ++i) {
      std::uint32_t* to = words_.data() + set.first_id() + std::size_t{set.stride()} * i;
      to[0] = ids[i][0];
      if (set.pairs) to[1] = ids[i][1];
    }
  }
}

std::vector<std::uint32_t> BtfIds::renumber(const std::function<std::optional<TypeId>(TypeId)>& new_id) {
  std::vector<std::uint32_t> lost;
  for (const std::uint32_t at : id_words()) {
    if (words_[at] == 0) continue;
    const std::optional<TypeId> found = new_id(TypeId{words_[at]});
    if (!found) lost.push_back(at);
    words_[at] = found ? raw(*found) : 0;
  }
  sort_sets();
  return lost;
}

Bytes BtfIds::bytes() const {
  std::vector<std::byte> result(words_.size() * 4);
  for (std::size_t i = 0; i < words_.size(); ++i) store(result.data() + 4 * i, words_[i], order_);
  result.insert(result.end(), rest_.begin(), rest_.end());
  return Bytes(std::move(result));
}

}  // namespace btfx
