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

}  // namespace

std::uint64_t hash_text(std::string_view text) {
  // Eight bytes at a time; names are short, so set-up costs matter more than throughput.
  std::uint64_t state = text.size();
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0;
  for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
    std::memcpy(&word, at, sizeof word);
    state = fold_product(word ^ keys.word, state ^ keys.state);
  }
  if (left != 0) {
    word = 0;
    std::memcpy(&word, at, left);
    state = fold_product(word ^ keys.word, state ^ keys.state);
  }
  return state;
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

}  // namespace btfx
