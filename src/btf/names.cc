#include "btf/names.h"

#include <bit>
#include <cstring>

#include "btf/name_hash.h"

namespace btfx {

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
