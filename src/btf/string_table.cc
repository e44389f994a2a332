#include "btf/string_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace btfx {

StringTable::StringTable(std::uint32_t start) {
  reset(start, 0);
}

void StringTable::reset(std::uint32_t start, std::size_t expected) {
  start_ = start;
  bytes_.clear();
  if (start == 0) bytes_.push_back('\0');
  slots_.assign(std::bit_ceil(std::max<std::size_t>(64, expected * 3 / 2)), Slot{});
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  used_ = 0;
}

/// Whether a text stands at an offset of bytes_, with its NUL behind.
bool StringTable::is_at(std::size_t offset, std::string_view text) const {
  return bytes_.size() - offset > text.size() && bytes_[offset + text.size()] == '\0' &&
         std::memcmp(bytes_.data() + offset, text.data(), text.size()) == 0;
}

std::size_t StringTable::slot_of(std::string_view text, std::uint32_t hash) const {
  std::size_t at = hash & mask_;
  while (slots_[at].offset != 0 && (slots_[at].hash != hash || !is_at(slots_[at].offset - 1, text))) {
    at = (at + 1) & mask_;
  }
  return at;
}

StringTable StringTable::of_section(std::string_view section) {
  StringTable table;
  table.bytes_.clear();
  table.bytes_.append(section);
  for (std::size_t at = 0; at < section.size();) {
    const std::size_t length = section.find('\0', at) - at;
    const std::string_view text = section.substr(at, length);
    const std::uint32_t hash = hash_name(text);
    const std::size_t slot = table.slot_of(text, hash);
    if (!text.empty() && table.slots_[slot].offset == 0) table.enter(slot, hash, at);
    at += length + 1;
  }
  return table;
}

StringOffset StringTable::find(const HashedName& name) const {
  const auto [text, hash] = name;
  if (text.empty()) return StringOffset{0};
  const Slot& slot = slots_[slot_of(text, hash)];
  return StringOffset{slot.offset == 0 ? 0 : start_ + slot.offset - 1};
}

StringOffset StringTable::add(const HashedName& name) {
  const auto [text, hash] = name;
  if (text.empty()) return StringOffset{0};
  const std::size_t at = slot_of(text, hash);
  if (slots_[at].offset != 0) return StringOffset{start_ + slots_[at].offset - 1};
  if (std::uint64_t{end()} + text.size() + 1 > 0xffffffff) throw Error(ErrorCode::unsupported, "too many strings");
  const std::size_t offset = bytes_.size();
  char* const target = bytes_.grow(text.size() + 1);
  std::memcpy(target, text.data(), text.size());
  target[text.size()] = '\0';
  enter(at, hash, offset);
  return StringOffset{start_ + static_cast<std::uint32_t>(offset)};
}

/// Fills an empty slot, and keeps a quarter of the slots empty.
void StringTable::enter(std::size_t at, std::uint32_t hash, std::size_t offset) {
  slots_[at] = {hash, static_cast<std::uint32_t>(offset) + 1};
  ++used_;
  if (std::uint64_t{used_} * 4 > slots_.size() * 3) grow();
}

void StringTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  for (const Slot& slot : old) {
    if (slot.offset == 0) continue;
    std::size_t at = slot.hash & mask_;
    while (slots_[at].offset != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

}  // namespace btfx
