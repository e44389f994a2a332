#include "btf/names.h"

#include <sys/random.h>

#include <bit>
#include <cstring>

namespace btfx {

namespace {

/// Random in each run: if the hashes of names could be predicted, a file could be made in which every look-up takes as
/// long as reading the file. No result may depend on them.
struct HashKeys {
  std::uint64_t word = 0x9e3779b97f4a7c15;
  std::uint64_t state = 0xd1b54a32d192ed03;
  HashKeys() noexcept {
    std::uint64_t drawn[2];
    if (::getrandom(drawn, sizeof drawn, GRND_NONBLOCK) != sizeof drawn) return;
    word ^= drawn[0];
    state ^= drawn[1];
  }
};
const HashKeys keys;

template <typename Word>
Word load_as(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace

std::uint64_t hash_text(std::string_view text) {
  // Eight bytes at a time; names are short, so set-up costs matter more than throughput. The last word is that which
  // ends with the text, and overlaps the one before: together with the length they still tell all texts apart.
  const std::size_t size = text.size();
  if (size == 0) return 0;
  const char* at = text.data();
  const auto take = [](std::uint64_t state, std::uint64_t word) {
    return fold_product(word ^ keys.word, state ^ keys.state);
  };
  constexpr std::size_t word_size = sizeof(std::uint64_t), half = word_size / 2;
  std::uint64_t state = size;
  if (size >= word_size) {
    for (const char* last = at + size - word_size; at < last; at += word_size)
      state = take(state, load_as<std::uint64_t>(at));
    return take(state, load_as<std::uint64_t>(text.data() + size - word_size));
  }
  if (size >= half)
    return take(state, load_as<std::uint32_t>(at) | std::uint64_t{load_as<std::uint32_t>(at + size - half)} << 32);
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(at[i])}; };
  return take(state, byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16);
}

std::uint32_t hash_name(std::string_view name) {
  const std::uint64_t hash = hash_text(name);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

TypeId find_type(const Btf& btf, std::string_view name, Kind kind) {
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    if (const TypeView type = btf.type(id); type.kind() == kind && type.name() == name) return id;
  }
  return void_id;
}

NameIndex::NameIndex(const Btf& btf) : btf_(&btf), first_(raw(btf.first_id())), next_(btf.own_types()) {
  const std::uint32_t capacity = std::bit_ceil(btf.own_types() * 2 + 2);
  mask_ = capacity - 1;
  slots_.assign(capacity, Slot{0, 0});
  // From the last id to the first, so that pushing in front leaves every chain ascending.
  for (std::uint32_t id = raw(btf.end_id()); id-- > first_;) {
    const TypeView type = btf.type(TypeId{id});
    if (!type.is_named()) continue;
    const std::string_view name = type.name();
    const std::uint32_t hash = hash_name(name);
    std::uint32_t at = hash & mask_;
    while (slots_[at].head != 0 && (slots_[at].hash != hash || btf.type(TypeId{slots_[at].head}).name() != name)) {
      at = (at + 1) & mask_;
    }
    next_[id - first_] = slots_[at].head;
    slots_[at] = {hash, id};
  }
}

NameIndex::Range NameIndex::find(std::string_view name) const {
  const std::uint32_t hash = hash_name(name);
  for (std::uint32_t at = hash & mask_; slots_[at].head != 0; at = (at + 1) & mask_) {
    if (slots_[at].hash != hash) continue;
    // As far as the name goes, and there the end: what a string_view would measure first.
    const char* const text = btf_->c_string(btf_->type(TypeId{slots_[at].head}).name_offset());
    const bool is_same = name.empty() || std::strncmp(text, name.data(), name.size()) == 0;
    if (is_same && text[name.size()] == '\0') return {this, slots_[at].head};
  }
  return {this, 0};
}

TypeId NameIndex::find(std::string_view name, Kind kind) const {
  for (const TypeId id : find(name)) {
    if (btf_->type(id).kind() == kind) return id;
  }
  return void_id;
}

NameLinks::NameLinks(const Btf& from, const Btf& to) : from_(from), names_(to.names()), heads_(from.own_types()) {}

NameIndex::Range NameLinks::find(TypeId type) const {
  std::atomic<std::uint32_t>& known = heads_[raw(type) - raw(from_.first_id())];
  // Threads that look up the same name find the same.
  if (const std::uint32_t head = known.load(std::memory_order_relaxed); head != 0) return {&names_, head - 1};
  const NameIndex::Range found = names_.find(from_.type(type).name());
  known.store(found.head_ + 1, std::memory_order_relaxed);
  return found;
}

}  // namespace btfx
